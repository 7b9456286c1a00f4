"""Checks with the anndata package that h5ad files pass through stomics unharmed.

    python scripts/check_anndata.py [--stomics BINARY] [FILE.h5ad ...]

Every file (one with all encodings is made where none is named) goes through `stomics convert`, packed and not. The copy
must read in Python, equal the original element by element, and carry the attributes and types that anndata itself would
write. Ends with 1 and the list of differences where it does not. Needs anndata alone.
"""
import argparse
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

top = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(top / "scripts/golden"))
warnings.filterwarnings("ignore")


def as_objects(array):
    """Text of fixed length as anndata writes it: of any length."""
    if array.dtype.names:
        return array.astype([(n, array.dtype[n] if array.dtype[n].kind != "U" else "O") for n in array.dtype.names])
    return array.astype(object) if array.dtype.kind == "U" else array


def differences(a, b, path):
    """Lists where two elements of annotated data differ; types and orders count."""
    if isinstance(a, ad.AnnData):
        for part in ["X", "obs", "var", "layers", "obsm", "varm", "obsp", "varp", "uns"]:
            yield from differences(getattr(a, part), getattr(b, part), f"{path}/{part}")
        if (a.raw is None) != (b.raw is None):
            yield f"{path}/raw: only in one"
        elif a.raw is not None:
            for part in ["X", "var", "varm"]:
                yield from differences(getattr(a.raw, part), getattr(b.raw, part), f"{path}/raw/{part}")
    elif hasattr(a, "keys") and not isinstance(a, pd.DataFrame):
        for key in sorted(set(a.keys()) ^ set(b.keys())):
            yield f"{path}/{key}: only in one"
        for key in a.keys():
            if key in b.keys():
                yield from differences(a[key], b[key], f"{path}/{key}")
    elif type(a) is not type(b) and not (np.isscalar(a) and np.isscalar(b)):
        yield f"{path}: {type(a).__name__} became {type(b).__name__}"
    elif sparse.issparse(a):
        same = a.format == b.format and a.shape == b.shape and a.dtype == b.dtype
        if not same or any(
            not np.array_equal(getattr(a, p), getattr(b, p), equal_nan=p == "data")
            for p in ["data", "indices", "indptr"]):
            yield f"{path}: sparse matrices differ"
    elif isinstance(a, pd.DataFrame):
        try:
            pd.testing.assert_frame_equal(a, b, check_exact=True, check_names=True)
        except AssertionError as error:
            yield f"{path}: " + " ".join(str(error).split())
    elif isinstance(a, (pd.Categorical, pd.api.extensions.ExtensionArray)):
        try:
            pd.testing.assert_extension_array_equal(a, b, check_exact=True)
        except AssertionError as error:
            yield f"{path}: " + " ".join(str(error).split())
    elif isinstance(a, np.ndarray):
        a, b = as_objects(a), as_objects(b)
        if a.dtype != b.dtype or a.shape != b.shape:
            yield f"{path}: {a.dtype}{a.shape} became {b.dtype}{b.shape}"
        elif not np.array_equal(a, b, equal_nan=a.dtype.kind in "fc"):
            yield f"{path}: values differ"
    elif type(a).__module__.startswith("awkward"):
        if a.to_list() != b.to_list():
            yield f"{path}: values differ"
    elif a != b and not (a != a and b != b):
        yield f"{path}: {a!r} became {b!r}"


def on_disk(path):
    """Path -> (attributes, type) of every object in a file."""
    result = {}

    def visit(name, item):
        attributes = {key: str(np.asarray(value).tolist()) for key, value in item.attrs.items()}
        kind = None
        if isinstance(item, h5py.Dataset):
            kind = "text" if h5py.check_string_dtype(item.dtype) else str(item.dtype)
            # Indices are as narrow as they can be, and anndata widens single numbers.
            if name.endswith(("/indices", "/indptr")) or attributes.get("encoding-type") == "numeric-scalar":
                kind = item.dtype.kind
        result[name] = (attributes, kind)

    with h5py.File(path) as file:
        file.visititems(visit)
        visit("/", file)
    return result


def disk_differences(expected, found):
    """Where a file differs in attributes and types from the one anndata itself wrote of the same data."""
    a, b = on_disk(expected), on_disk(found)
    for name in sorted(set(a) ^ set(b)):
        yield f"on disk, {name}: only {'anndata' if name in a else 'stomics'} writes it"
    for name in sorted(set(a) & set(b)):
        if a[name] != b[name]:
            yield f"on disk, {name}: anndata writes {a[name]}, stomics {b[name]}"


def check(stomics, source, scratch):
    original = ad.read_h5ad(source)
    reference = scratch / "reference.h5ad"
    with ad.settings.override(allow_write_nullable_strings=True):
        original.write_h5ad(reference, convert_strings_to_categoricals=False)
    for options in [[], ["--compression", "none"], ["--level", "9"]]:
        copy = scratch / "copy.h5ad"
        run = subprocess.run(
            [stomics, "convert", str(source), str(copy), "--quiet", *options], capture_output=True, text=True)
        if run.returncode != 0:
            yield f"stomics convert {' '.join(options)} ended with {run.returncode}: {run.stderr.strip()}"
            continue
        yield from differences(original, ad.read_h5ad(copy), "")
        yield from disk_differences(reference, copy)
        copy.unlink()


def find_stomics():
    for configuration in ["release", "debug"]:
        path = top / ".build" / configuration / "stomics"
        if path.exists():
            return str(path)
    sys.exit("No stomics binary under .build: run swift build first, or name one with --stomics.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--stomics", help="the binary (default: the one under .build)")
    parser.add_argument("files", nargs="*", type=Path)
    arguments = parser.parse_args()
    stomics = arguments.stomics or find_stomics()
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        files = arguments.files
        if not files:
            import io_fixtures

            io_fixtures.make(scratch)
            files = sorted(scratch.glob("*.h5ad"))
        for source in files:
            found = list(dict.fromkeys(check(stomics, source, scratch)))
            failed = failed or bool(found)
            print(f"{source.name}: " + ("equal" if not found else f"{len(found)} differences"))
            for line in found:
                print("  " + line[:500])
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
