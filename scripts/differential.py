"""Differential test: what anndata writes, stomics reads and writes back equal, element by element.

    scripts/differential [--count 1000] [--seed 1] [--quick] [--jobs 2] [--stomics BINARY] [--keep FOLDER]

Makes random objects over all encodings (random_anndata), in all forms that HDF5 keeps them (random_storage), converts
each packed and not, and compares the copies with the original in Python (check_anndata). `stomics info` must agree with
h5py on every shape, type and encoding, and with pandas on categories. Prints how often each encoding came with each type
and in each form, and every difference. Ends with 1 where there is a difference, or a cell came fewer than ten times among a thousand.
"""
import argparse
import json
import multiprocessing
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from pathlib import Path

import anndata as ad
import h5py
import numpy as np

import random_anndata
import random_storage
from check_anndata import Comparison, find_stomics

warnings.filterwarnings("ignore")
ad.settings.allow_write_nullable_strings = True
np.seterr(all="ignore")


def fewest(count):
    """How often every cell comes at least: ten times among a thousand objects."""
    return max(1, min(10, count // 50))


def shares(count, seed):
    """For each object its cells: all come up in turn."""
    cells = random_anndata.cells()
    each = max(8, -(-len(cells) * fewest(count) // count))
    order = np.random.default_rng(seed)
    turn, rounds = [], 0
    while len(turn) < count * each:
        # Tables of thousands of columns take Python seconds.
        turn += [cells[k] for k in order.permutation(len(cells)) if rounds < fewest(count) or cells[k][1] != "many columns"]
        rounds += 1
    return [turn[k * each : (k + 1) * each] for k in range(count)]


def run(stomics, *arguments):
    done = subprocess.run([stomics, *map(str, arguments)], capture_output=True, text=True)
    return done.returncode, done.stdout, done.stderr.strip()


def only_raw(path):
    """What anndata writes and cannot read, or reads and does not write: compared byte by byte, and taken out again."""
    result = {}
    with h5py.File(path, "r+") as file:
        if "kept" in file["uns"]:
            file["uns/kept"].visititems(lambda name, item: result.setdefault(name, describe(item)))
            del file["uns/kept"]
    return result


def describe(item):
    attributes = sorted((key, np.asarray(value).tolist()) for key, value in item.attrs.items())
    if isinstance(item, h5py.Group):
        return (attributes,)
    return (attributes, str(item.dtype), item.shape, item[()].tobytes() if not item.dtype.hasobject else list(item[()].ravel()) if item.shape else item[()])


def add_only_raw(path, random):
    """A sparse vector, bytes, and an encoding of the future."""
    with h5py.File(path, "r+") as file:
        kept = file["uns"].create_group("kept")
        mark(kept, "dict", "0.1.0")
        vector = kept.create_group("vector")
        mark(vector, "csr_matrix", "0.1.0")
        vector.attrs["shape"] = np.array([9])
        vector["data"], vector["indices"], vector["indptr"] = random.random(2), np.array([1, 7], "i4"), np.array([0, 2], "i4")
        kept["bytes"] = np.bytes_(b"a\xffb")
        mark(kept["bytes"], "bytes", "0.2.0")
        later = kept.create_group("later")
        mark(later, "encoding-of-the-future", "9.0.0")
        later["part"] = random.random(5).astype("f4")
        wide = kept.create_group("wide")
        mark(wide, "csr_matrix", "0.1.0")
        wide.attrs["shape"] = np.array([2, 1 << 40])
        wide["data"], wide["indices"], wide["indptr"] = np.array([1.5]), np.array([1 << 39]), np.array([0, 1, 1])


def mark(item, kind, version):
    item.attrs["encoding-type"], item.attrs["encoding-version"] = kind, version


def info_differences(stomics, path, data):
    """Where `stomics info` says something else than h5py and pandas."""
    code, out, errors = run(stomics, "info", path, "--json")
    if code != 0:
        yield f"stomics info ended with {code}: {errors}"
        return
    summary = json.loads(out)
    if (summary.get("observations"), summary.get("variables")) != data.shape:
        yield f"info: {summary.get('observations')} x {summary.get('variables')}, not {data.shape}: {summary['problems']}"
        return
    nodes = {}

    def walk(members):
        for node in members:
            nodes[node["path"]] = node
            walk(node["members"])

    walk(summary["members"])
    with h5py.File(path) as file:
        for name, node in nodes.items():
            item = file[name]
            encoding = item.attrs.get("encoding-type")
            if node.get("encoding") != encoding:
                yield f"info: {name} has the encoding {node.get('encoding')}, not {encoding}"
            if isinstance(item, h5py.Dataset) and item.shape is not None:
                if tuple(node["shape"]) != item.shape:
                    yield f"info: {name} has the shape {node['shape']}, not {item.shape}"
                if item.dtype.kind in "iuf" and item.dtype.itemsize <= 8:
                    if node["type"].split()[0] != item.dtype.newbyteorder("=").name:
                        yield f"info: {name} has the type {node['type']}, not {item.dtype}"
    for column in data.obs.columns[data.obs.dtypes == "category"]:
        count = len(data.obs[column].cat.categories)
        text = nodes["/obs/" + column].get("details") or "" if "/" not in column else None
        if text is not None and not text.startswith(f"{count} categor"):
            yield f"info: obs/{column}: '{text}' for {count} categories"


def one(task):
    """Makes, converts and compares one object."""
    number, cells, options = task
    random = np.random.default_rng([options.seed, number])
    tally = Counter()
    found = []
    comparison = Comparison()
    with tempfile.TemporaryDirectory(dir=options.scratch) as folder:
        path = Path(folder) / f"random{number}.h5ad"
        try:
            maker = random_anndata.Maker(random, cells)
            random_storage.write(maker.data, path, random, tally)
            if number % 5 == 0:
                add_only_raw(path, random)
            before = path.read_bytes()
            kept = only_raw(path)
            original = ad.read_h5ad(path)
            path.write_bytes(before)
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-4:]
            return number, [f"could not be made: {type(error).__name__}: {error}: {where}"], Counter(), tally, 0, 0, 0
        for packing in ["gzip", "none"]:
            copy = Path(folder) / f"copy-{packing}.h5ad"
            code, _, errors = run(options.stomics, "convert", path, copy, "--compression", packing, "--quiet")
            if code != 0:
                found.append(f"stomics convert ended with {code}: {errors}")
                break
            try:
                if only_raw(copy) != kept:
                    found.append("what anndata does not read was changed")
                found += comparison.differences(original, ad.read_h5ad(copy), "")
            except Exception as error:
                found.append(f"the copy cannot be read: {type(error).__name__}: {error}")
        if not found:
            found += info_differences(options.stomics, path, original)
        if found and options.keep:
            Path(options.keep).mkdir(parents=True, exist_ok=True)
            for made in Path(folder).glob(f"random{number}.*"):
                shutil.copy(made, options.keep)
    return number, list(dict.fromkeys(found)), Counter(map(tuple, cells)), tally, comparison.parts, comparison.values, len(before)


def print_table(counts):
    """One line an encoding: its types and how often each came."""
    lines = {}
    for encoding, form in random_anndata.cells():
        lines.setdefault(encoding, []).append(f"{form} {counts[encoding, form]}")
    width = max(map(len, lines))
    for encoding, forms in lines.items():
        line = ""
        for form in forms:
            if line and len(line) + len(form) > 100:
                print(f"{encoding:{width}}  {line}")
                encoding, line = "", ""
            line += (", " if line else "") + form
        print(f"{encoding:{width}}  {line}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=1000, help="how many objects (default 1000)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="100 objects")
    parser.add_argument("--only", type=int, help="the object of this number alone")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--stomics", help="the binary (default: the one under .build)")
    parser.add_argument("--keep", help="a folder for the files that came back different")
    options = parser.parse_args()
    options.stomics = options.stomics or find_stomics()
    if options.quick:
        options.count = min(options.count, 100)
    begin = time.monotonic()
    counts, tally, failures = Counter(), Counter(), []
    parts = values = size = finished = 0
    with tempfile.TemporaryDirectory() as options.scratch:
        tasks = [(number, cells, options) for number, cells in enumerate(shares(options.count, options.seed))]
        if options.only is not None:
            tasks = tasks[options.only : options.only + 1]
        with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
            for number, found, taken, done, more_parts, more_values, bytes_ in pool.imap_unordered(one, tasks, chunksize=4):
                counts += taken
                tally += done
                parts += more_parts
                values += more_values
                size += bytes_
                for line in found:
                    failures.append((number, line))
                    print(f"object {number}: {line[:400]}", file=sys.stderr, flush=True)
                finished += 1
                if finished % 100 == 0:
                    print(f"{finished} of {len(tasks)} objects, {len(failures)} differences", file=sys.stderr, flush=True)
    print("How often each encoding came with each type or form:\n")
    print_table(counts)
    print("\nHow the files were kept: " + ", ".join(f"{name} {tally[name]}" for name in sorted(tally)))
    print(
        f"\n{len(tasks)} objects (seed {options.seed}; anndata {ad.__version__}, h5py {h5py.__version__}), {size / 1e6:.0f} MB, each "
        f"converted twice; {parts:,} elements with {values:,} values compared in {time.monotonic() - begin:.0f} s")
    rare = [f"{encoding}, {form}" for encoding, form in random_anndata.cells() if counts[encoding, form] < fewest(options.count)]
    if rare and options.only is None:
        print(f"Fewer than {fewest(options.count)} times: " + "; ".join(rare))
    print(f"{len(failures)} differences")
    sys.exit(1 if failures or (rare and options.only is None) else 0)


if __name__ == "__main__":
    main()
