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
    """Text of fixed length as anndata writes it (of any length), numbers in the machine's byte order."""
    if array.dtype.names:
        return array.astype([(n, array.dtype[n] if array.dtype[n].kind != "U" else "O") for n in array.dtype.names])
    if array.dtype.kind == "U":
        return array.astype(object)
    return array.astype(array.dtype.newbyteorder("="))


def native(table):
    """The table with numbers in the machine's byte order."""
    swapped = [k for k, type_ in enumerate(table.dtypes) if isinstance(type_, np.dtype) and type_.byteorder == ">"]
    if swapped:
        table = table.copy()
        for k in swapped:
            table.isetitem(k, table.iloc[:, k].astype(table.dtypes.iloc[k].newbyteorder("=")))
    return table


def kind(scalar):
    return np.asarray(scalar).dtype.kind


def same_numbers(a, b):
    """Equal to the bit, but for the kind of NaN."""
    if a.dtype.kind not in "fc":
        return np.array_equal(a, b)
    if a.dtype.kind == "c":
        return same_numbers(a.real, b.real) and same_numbers(a.imag, b.imag)
    return np.array_equal(a, b, equal_nan=True) and np.array_equal(np.signbit(a)[a == a], np.signbit(b)[b == b])


class Comparison:
    """Compares elements of annotated data; counts the elements and the values in them."""

    def __init__(self):
        self.parts = 0
        self.values = 0

    def count(self, values):
        self.parts += 1
        self.values += int(values)

    def differences(self, a, b, path):
        """Lists where two elements differ; types and orders count."""
        if isinstance(a, ad.AnnData):
            for part in ["X", "obs", "var", "layers", "obsm", "varm", "obsp", "varp", "uns"]:
                yield from self.differences(getattr(a, part), getattr(b, part), f"{path}/{part}")
            if (a.raw is None) != (b.raw is None):
                yield f"{path}/raw: only in one"
            elif a.raw is not None:
                for part in ["X", "var", "varm"]:
                    yield from self.differences(getattr(a.raw, part), getattr(b.raw, part), f"{path}/raw/{part}")
        elif hasattr(a, "keys") and not isinstance(a, pd.DataFrame):
            self.count(0)
            for key in sorted(set(a.keys()) ^ set(b.keys())):
                yield f"{path}/{key}: only in one"
            if set(a.keys()) == set(b.keys()) and list(a.keys()) != list(b.keys()):
                yield f"{path}: the order of keys {list(a.keys())} became {list(b.keys())}"
            for key in a.keys():
                if key in b.keys():
                    yield from self.differences(a[key], b[key], f"{path}/{key}")
        elif type(a) is not type(b) and not (np.isscalar(a) and np.isscalar(b) and kind(a) == kind(b)):
            yield f"{path}: {type(a).__name__} became {type(b).__name__}"
        elif sparse.issparse(a):
            self.count(a.nnz)
            same = a.format == b.format and a.shape == b.shape and as_objects(a.data).dtype == b.dtype
            if not same or not same_numbers(as_objects(a.data), b.data) or any(
                not np.array_equal(getattr(a, p), getattr(b, p)) for p in ["indices", "indptr"]):
                yield f"{path}: sparse matrices differ"
        elif isinstance(a, pd.DataFrame):
            self.parts += a.shape[1]
            self.count(a.size + len(a))
            try:
                pd.testing.assert_frame_equal(native(a), b, check_exact=True, check_names=True)
            except AssertionError as error:
                yield f"{path}: " + " ".join(str(error).split())
        elif isinstance(a, (pd.Categorical, pd.api.extensions.ExtensionArray)):
            self.count(len(a))
            try:
                pd.testing.assert_extension_array_equal(a, b, check_exact=True)
            except AssertionError as error:
                yield f"{path}: " + " ".join(str(error).split())
        elif isinstance(a, np.ndarray) or isinstance(a, np.void):
            a, b = as_objects(a), as_objects(b)
            self.count(a.size)
            if a.dtype != b.dtype or a.shape != b.shape:
                yield f"{path}: {a.dtype}{a.shape} became {b.dtype}{b.shape}"
            elif a.dtype.names:
                for name in a.dtype.names:
                    yield from self.differences(np.asarray(a[name]), np.asarray(b[name]), f"{path}/{name}")
            elif not same_numbers(a, b):
                yield f"{path}: values differ"
        elif type(a).__module__.startswith("awkward"):
            self.count(len(a))
            if a.to_list() != b.to_list() or str(a.type) != str(b.type):
                yield f"{path}: values differ"
        else:
            self.count(1)
            if a != b and not (a != a and b != b):
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
        yield from Comparison().differences(original, ad.read_h5ad(copy), "")
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
