"""Writes the small Parquet files that the tests of the Parquet reader read (Tests/Fixtures/parquet), packed with gzip.

    python scripts/golden/parquet_fixtures.py [FOLDER]

Written with pyarrow 26.0.1, polars 2.1.0, fastparquet 2026.9.0 and pandas 3.1.1 (`created_by` in each file's footer
says which). Values follow from the row's number, and what a column holds from its name, so that tests can name them:
`int32_dictionary_nulls` holds `value("int32", row)`, every row with row % 4 == 1 null.
Needs: pyarrow, polars, fastparquet.
"""
import gzip
import sys
import tempfile
from pathlib import Path

import fastparquet
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 150
TYPES = {"bool": pa.bool_(), "int32": pa.int32(), "int64": pa.int64(), "float": pa.float32(), "double": pa.float64(),
         "string": pa.string()}
ENCODINGS = {
    "bool": ["PLAIN", "RLE"],
    "int32": ["PLAIN", "dictionary", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "int64": ["PLAIN", "dictionary", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"],
    "float": ["PLAIN", "dictionary", "BYTE_STREAM_SPLIT"],
    "double": ["PLAIN", "dictionary", "BYTE_STREAM_SPLIT"],
    "string": ["PLAIN", "dictionary", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
}


def value(kind, i):
    if kind == "bool":
        return i % 3 == 0
    if kind == "int32":
        return (i % 7 - 3) * 700_000_000
    if kind == "int64":
        return (i * i % 11 - 5) * 1_800_000_000_000_000_000
    if kind in ("float", "double"):
        return (i % 13) / 8 - 0.5
    return f"s_{i // 10:03}_ß{'x' * (i % 5)}" if i % 9 else ""


def column(kind, nulls, rows=ROWS):
    return pa.array([None if nulls and i % 4 == 1 else value(kind, i) for i in range(rows)], TYPES[kind])


def every_encoding(path, codec, version):
    """All types x encodings x (required, optional without nulls, optional with nulls), in several groups and pages."""
    fields, arrays, encodings, dictionaries = [], [], {}, []
    for kind, names in ENCODINGS.items():
        for encoding in names:
            for mode in ["required", "optional", "nulls"]:
                name = f"{kind}_{encoding}_{mode}"
                fields.append(pa.field(name, TYPES[kind], nullable=mode != "required"))
                arrays.append(column(kind, mode == "nulls"))
                if encoding == "dictionary":
                    dictionaries.append(name)
                else:
                    encodings[name] = encoding
    table = pa.table(arrays, pa.schema(fields))
    pq.write_table(
        table, path, compression=codec, data_page_version=version, use_dictionary=dictionaries,
        column_encoding=encodings, row_group_size=80, data_page_size=100, write_batch_size=16, write_statistics=False,
        write_page_checksum=version == "2.0", version="2.6", store_schema=False)


def other_types(path):
    """Whole numbers of every width, their largest and smallest values, times, and a categorical."""
    arrays = {}
    for bits in [8, 16, 32, 64]:
        signed, unsigned = np.dtype(f"int{bits}"), np.dtype(f"uint{bits}")
        low, high = np.iinfo(signed).min, np.iinfo(signed).max
        arrays[f"int{bits}"] = pa.array(np.array([low, -1, 0, high], signed))
        top = np.iinfo(unsigned).max if bits < 64 else high
        arrays[f"uint{bits}"] = pa.array(np.array([0, 1, high, top], unsigned))
    arrays["date"] = pa.array([0, 1, 20_000, -1], pa.date32())
    arrays["time"] = pa.array([0, 1, 1_700_000_000_000_000, -1], pa.timestamp("us"))
    arrays["decimal"] = pa.array([None, "1.25", "-3.50", "0.01"], pa.string()).cast(pa.decimal128(7, 2))
    arrays["category"] = pa.array(["a", "b", None, "a"]).dictionary_encode()
    arrays["bytes"] = pa.array([b"\xff\x00", b"", b"ok", None], pa.binary())
    pq.write_table(pa.table(arrays), path, store_decimal_as_integer=True)


def unreadable(path):
    """A column that can be read, and some that cannot."""
    table = pa.table({
        "good": pa.array([1, 2, 3], pa.int64()),
        "list": pa.array([[1], [], [2, 3]], pa.list_(pa.int32())),
        "struct": pa.array([{"a": 1, "b": {"c": "x"}}] * 3),
        "half": pa.array(np.array([1, 2, 3], np.float16)),
        "huge": pa.array([2**64 - 1, 0, 1], pa.uint64()),
        "fixed": pa.array([b"abc"] * 3, pa.binary(3)),
        "decimal": pa.array(["1", "2", "3"], pa.string()).cast(pa.decimal128(30, 2)),
        "last": pa.array(["x", "y", "z"]),
    })
    pq.write_table(table, path)


def visium_hd(rows=40, columns=40):
    """The columns of Space Ranger's tissue_positions.parquet."""
    r, c = np.divmod(np.arange(rows * columns), columns)
    return pd.DataFrame({
        "barcode": [f"s_008um_{a:05}_{b:05}-1" for a, b in zip(r, c)],
        "in_tissue": ((r - 20) ** 2 + (c - 20) ** 2 < 300).astype(np.int64),
        "array_row": r, "array_col": c,
        "pxl_row_in_fullres": 29.25 * r + 0.125 * c + 100, "pxl_col_in_fullres": 29.25 * c - 0.125 * r + 200,
    })


def main():
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "Tests/Fixtures/parquet")
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for codec in ["none", "snappy", "gzip", "lz4"]:
            for version in ["1.0", "2.0"]:
                every_encoding(folder / f"arrow_{codec}_v{version[0]}.parquet", codec, version)
        other_types(folder / "types.parquet")
        unreadable(folder / "unreadable.parquet")
        for codec in ["zstd", "brotli"]:
            pq.write_table(pa.table({"a": list(range(5))}), folder / f"{codec}.parquet", compression=codec)
        times = pa.table({"when": pa.array([0, 1], pa.timestamp("ns"))})
        pq.write_table(times, folder / "int96.parquet", use_deprecated_int96_timestamps=True)
        pq.write_table(pa.table({"a": pa.array([], pa.int64()), "b": pa.array([], pa.string())}),
                       folder / "empty.parquet")
        table = pa.table({f"{kind}_any_{mode}": column(kind, mode == "nulls")
                          for kind in TYPES for mode in ["optional", "nulls"]})
        pl.from_arrow(table).write_parquet(
            folder / "polars.parquet", compression="snappy", row_group_size=80, data_page_size=100)
        frame = table.to_pandas(types_mapper=pd.ArrowDtype).astype({
            "int32_any_nulls": "Int32", "int64_any_nulls": "Int64", "bool_any_nulls": "boolean",
            "int32_any_optional": "int32", "int64_any_optional": "int64", "bool_any_optional": "bool",
            "float_any_optional": "float32", "float_any_nulls": "Float32", "double_any_optional": "float64",
            "double_any_nulls": "Float64", "string_any_optional": object, "string_any_nulls": object})
        # fastparquet has no masked floats; it writes a missing one as NaN.
        frame = frame.drop(columns=["float_any_nulls", "double_any_nulls"])
        fastparquet.write(str(folder / "fastparquet.parquet"), frame, compression="SNAPPY", row_group_offsets=80)
        visium_hd().to_parquet(folder / "hd_pandas.parquet", index=False)
        pl.from_pandas(visium_hd()).write_parquet(folder / "hd_polars.parquet", compression="snappy")
        # The positions of Tests/Fixtures/tenx/visium2, as Space Ranger 4 writes them.
        positions = Path(__file__).resolve().parents[2] / "Tests/Fixtures/tenx/visium2/spatial/tissue_positions.csv"
        pd.read_csv(positions).to_parquet(folder / "positions_visium2.parquet", index=False)
        for path in sorted(folder.glob("*.parquet")):
            packed = gzip.compress(path.read_bytes(), compresslevel=9, mtime=0)
            (out / (path.name + ".gz")).write_bytes(packed)
            print(f"{path.name}: {path.stat().st_size} bytes, packed {len(packed)}")


main()
