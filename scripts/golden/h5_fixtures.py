"""Writes HDF5 files whose layouts exercise every index, group and heap of the format, with a checksum of every dataset.

    python scripts/golden/h5_fixtures.py FOLDER        writes structures_{old,new,latest}.h5 and szip.h5, gzipped
    python scripts/golden/h5_fixtures.py --random N FOLDER [--seed S]
                                                       writes N random files for STOMICS_H5_FOLDER (see StructureTests)

Needs h5py and numpy. Every dataset carries the attribute `adler32`: of its elements as little-endian numbers in row-major
order, or of its strings' UTF-8, each followed by a NUL.
"""
import argparse
import gzip
import subprocess
import sys
import zlib
from pathlib import Path

import h5py
import numpy as np

made_with = f"Python {sys.version.split()[0]}, h5py {h5py.__version__}, HDF5 {h5py.version.hdf5_version}"


def checksum(values):
    values = np.asarray(values)
    if values.dtype.kind in "OSU":
        texts = [v.decode() if isinstance(v, bytes) else str(v) for v in values.ravel()]
        return zlib.adler32(b"".join(t.encode() + b"\0" for t in texts))
    if values.dtype.kind == "f" and values.dtype.itemsize == 2:
        values = values.astype(np.float32)
    return zlib.adler32(np.ascontiguousarray(values).astype(values.dtype.newbyteorder("<")).tobytes())


def add(group, name, values, **options):
    dataset = group.create_dataset(name, data=values, **options)
    dataset.attrs["adler32"] = np.int64(checksum(dataset[()]))
    return dataset


def part(group, name, shape, dtype, chunks, maxshape, written, **options):
    """A dataset of which only some stretches were ever written."""
    dataset = group.create_dataset(name, shape=shape, dtype=dtype, chunks=chunks, maxshape=maxshape, **options)
    for place, values in written:
        dataset[place] = values
    dataset.attrs["adler32"] = np.int64(checksum(dataset[()]))


def structures(file):
    file.attrs["made_with"] = made_with
    count = 20_000
    line = (np.arange(count) % 251).astype(np.int32)
    # Indexes with one page, with many, with unwritten ones, growing along each axis and along both.
    add(file, "fixed", line, chunks=(50,))
    add(file, "fixed_paged", line, chunks=(8,))
    add(file, "fixed_filtered", line, chunks=(8,), compression="gzip")
    add(file, "growing", line, chunks=(8,), maxshape=(None,))
    add(file, "growing_filtered", line, chunks=(8,), maxshape=(None,), compression="gzip", shuffle=True)
    table = line.reshape(100, 200)
    add(file, "growing_rows", table, chunks=(7, 9), maxshape=(None, 250))
    add(file, "growing_columns", table, chunks=(7, 9), maxshape=(130, None), compression="gzip")
    add(file, "growing_both", table, chunks=(3, 5), maxshape=(None, None))
    add(file, "growing_both_filtered", table, chunks=(3, 5), maxshape=(None, None), compression="gzip")
    add(file, "bounded", table, chunks=(7, 9), maxshape=(150, 400))
    add(file, "cube", line[:9000].reshape(20, 15, 30), chunks=(3, 4, 7), maxshape=(40, None, 30), compression="gzip")
    add(file, "single", table, chunks=(100, 200), compression="gzip", fletcher32=True)
    add(file, "single_plain", table, chunks=(100, 200))
    add(file, "checked", table, chunks=(11, 13), fletcher32=True)
    add(file, "checked_odd", np.arange(1001, dtype=np.uint8), chunks=(7,), fletcher32=True, compression="lzf")
    part(file, "holes", (20_000,), "i2", (8,), (20_000,), [(slice(9000, 9100), 5), (slice(19_990, 20_000), 6)], fillvalue=-3)
    part(file, "holes_growing", (20_000,), "f4", (8,), (None,), [(slice(15_000, 15_020), 1.5)], fillvalue=0.25)
    part(file, "holes_both", (200, 100), "i8", (7, 5), (None, None), [((slice(90, 95), slice(20, 60)), 9)])
    space = h5py.h5s.create_simple((100, 200))
    plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    plist.set_chunk((7, 9))
    plist.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
    implicit = h5py.Dataset(h5py.h5d.create(file.id, b"implicit", h5py.h5t.NATIVE_INT32, space, dcpl=plist))
    implicit[...] = table
    implicit.attrs["adler32"] = np.int64(checksum(table))
    # Numbers of every width and order.
    numbers = file.create_group("numbers")
    for kind in ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]:
        values = (np.arange(40) * 3 - (0 if kind[0] == "u" else 60)).astype(kind)
        for order in "<>":
            add(numbers, f"{kind}{'le' if order == '<' else 'be'}", values.astype(order + kind))
    # Groups that keep many links and attributes apart, names of many lengths, order of creation.
    many = file.create_group("many", track_order=True)
    for k in range(600):
        name = f"{(k * 7919) % 600}" + "n" * (k % 50)
        if k % 3:
            many[name] = h5py.SoftLink(f"/numbers/i{[1, 2, 4, 8][k % 4]}le")
        else:
            many.create_group(name).attrs["number"] = k
    old = file.create_group("sorted")
    for k in range(500):
        old.create_group(f"member {(k * 7919) % 500:03}")
    attributes = file.create_group("attributes", track_order=True)
    for k in range(300):
        attributes.attrs[f"a{k:03}"] = "v" * (k * 3)
    if file.libver[0] != "earliest":
        attributes.attrs["long"] = np.array([f"column {k}" for k in range(9000)], dtype=object)
    # Strings of every kind, a heap of many collections.
    texts = np.array([("ä" * (k % 90)) + str(k) for k in range(2000)], dtype=object)
    add(file, "texts", texts)
    add(file, "texts_chunked", texts, chunks=(100,), compression="gzip")
    add(file, "texts_fixed", np.array([b"a", b"", b"abcdefgh"], dtype="S8"))
    file["named"] = np.dtype("<i4")
    file.create_dataset("of_named_type", data=line[:5], dtype=file["named"])
    file["of_named_type"].attrs["adler32"] = np.int64(checksum(line[:5]))


def szip(folder):
    """Packed by h5repack (Debian: hdf5-tools), since h5py has no szip of its own."""
    plain, path = folder / "plain.h5", folder / "szip.h5"
    table = (np.arange(4000) % 251).astype(np.int32).reshape(40, 100)
    with h5py.File(plain, "w") as file:
        add(file, "whole", table, chunks=(16, 70))
        add(file, "swapped", table.astype(">f8"), chunks=(16, 70))
        # Chunks that do not get smaller are left as they are.
        noise = np.random.default_rng(0).integers(-(2**62), 2**62, (40, 100))
        noise[:, 50:] %= 7
        add(file, "noise", noise, chunks=(16, 50))
    subprocess.run(["h5repack", "-f", "SZIP=8,NN", plain, path], check=True)
    Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    plain.unlink()
    path.unlink()


def random_file(path, generator):
    low, high = [("earliest", "v108"), ("earliest", "latest"), ("v108", "v108"), ("v110", "v110"), ("latest", "latest")][
        generator.integers(5)]
    with h5py.File(path, "w", libver=(low, high), userblock_size=int(generator.choice([0, 0, 512, 1024]))) as file:
        for k in range(generator.integers(1, 12)):
            rank = generator.integers(0, 5)
            shape = tuple(int(n) for n in generator.integers(0 if generator.random() < 0.1 else 1, [1, 9000, 120, 30, 9][rank] + 1, rank))
            kind = generator.choice(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", ">i4", ">f8", "O", "S7"])
            values = generator.integers(0, 100, shape)
            if kind == "O":
                values = np.array([f"t{v}" * (v % 5) for v in np.ravel(values)], dtype=object).reshape(shape)
            else:
                values = np.asarray(values).astype(kind)
            options = {}
            if rank and 0 not in shape and generator.random() < 0.8:
                options["chunks"] = tuple(int(generator.integers(1, min(n, 4 + n // 3) + 1)) for n in shape)
                if np.prod([-(-n // c) for n, c in zip(shape, options["chunks"])]) > 20_000:
                    options["chunks"] = shape
                grow = generator.random(rank)
                options["maxshape"] = tuple(None if g < 0.3 else n + int(10 * g) for g, n in zip(grow, shape))
                options["compression"] = [None, "gzip", "lzf"][generator.integers(3)]
                options["shuffle"] = bool(generator.random() < 0.4)
                options["fletcher32"] = bool(generator.random() < 0.3)
                if kind == "O":
                    options["shuffle"] = options["fletcher32"] = False
            group = file.require_group("/".join("abc"[: generator.integers(1, 4)]))
            add(group, f"d{k}", values, **options)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.random:
        for k in range(options.random):
            random_file(options.folder / f"{k:04}.h5", np.random.default_rng([options.seed, k]))
        return
    for name, libver in [("old", ("earliest", "v108")), ("new", ("v110", "v110")), ("latest", ("latest", "latest"))]:
        path = options.folder / f"structures_{name}.h5"
        with h5py.File(path, "w", libver=libver) as file:
            structures(file)
        Path(f"{path}.gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
        path.unlink()
    szip(options.folder)


main()
