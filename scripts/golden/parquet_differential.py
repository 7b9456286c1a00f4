"""Compares what the Parquet reader reads with what pyarrow reads, over random tables.

    STOMICS_OPTIMISED_DEBUG=1 python scripts/golden/parquet_differential.py [TABLES] [SEED]

Writes TABLES (400) tables with random columns, sizes, nulls, writers, codecs, encodings, page versions and sizes, reads
each back with pyarrow, and lets DifferentialTests read them. Ends with an error where one value differs. Prints how
often each type with each encoding, each codec and each writer occurred.
Needs: pyarrow, polars, fastparquet, pandas.
"""
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import fastparquet
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32()]
TYPES = INTEGERS + [pa.float32(), pa.float64(), pa.bool_(), pa.string(), pa.date32(), pa.timestamp("us")]


def random_values(rng, kind, rows):
    """Values of one of several habits: constant, few distinct, sorted, or anything."""
    habit = rng.integers(4)
    if pa.types.is_boolean(kind):
        return rng.random(rows) < rng.random()
    if pa.types.is_string(kind):
        letters = np.array(list("abcdefgh-_0123456789ßé漢😀"))
        def word():
            return "".join(rng.choice(letters, rng.integers(0, rng.choice([2, 12, 60]))))
        if habit == 0:
            return [word()] * rows
        if habit == 1:
            words = [word() for _ in range(rng.integers(1, 30))]
            return [words[k] for k in rng.integers(0, len(words), rows)]
        if habit == 2:
            return [f"s_002um_{k // 100:05}_{k % 100:05}-1" for k in range(rows)]
        return [word() for _ in range(rows)]
    if pa.types.is_floating(kind):
        width = kind.to_pandas_dtype()
        values = {0: np.full(rows, rng.normal()), 1: rng.integers(0, 9, rows) / 8, 2: np.arange(rows) * 0.1}.get(habit)
        if values is None:
            values = rng.normal(size=rows) * 10.0 ** rng.integers(-30, 30, rows)
            special = [np.nan, np.inf, -np.inf, -0.0]
            values = np.where(rng.random(rows) < 0.05, rng.choice(special, rows), values)
        return values.astype(width)
    if pa.types.is_date32(kind) or pa.types.is_timestamp(kind):
        return rng.integers(-10_000, 50_000, rows)
    info = np.iinfo(kind.to_pandas_dtype())
    low, high = info.min, info.max
    if habit == 0:
        return np.full(rows, rng.integers(low, high, endpoint=True), kind.to_pandas_dtype())
    if habit == 1:
        return rng.integers(0, min(high, 20), rows)
    if habit == 2:
        return np.arange(rows) % (high // 2 + 1)
    return rng.integers(low, high, rows, endpoint=True, dtype=kind.to_pandas_dtype())


def random_table(rng):
    rows = int(rng.choice([0, 1, 2, 7, 8, 9, 33, 200, 1000, 5000]))
    fields, arrays = [], []
    for k in range(rng.integers(1, 8)):
        kind = TYPES[rng.integers(len(TYPES))]
        mode = ["required", "optional", "nulls", "only"][rng.choice(4, p=[0.3, 0.3, 0.35, 0.05])]
        values = random_values(rng, kind, rows)
        share = {"nulls": rng.random(), "only": 2}.get(mode, -1)
        mask = rng.random(rows) < share
        array = pa.array([None if gone else v for v, gone in zip(np.asarray(values).tolist(), mask)],
                         pa.int64() if pa.types.is_timestamp(kind) else pa.int32() if pa.types.is_date32(kind) else kind)
        fields.append(pa.field(f"c{k}", kind, nullable=mode != "required"))
        arrays.append(array.cast(kind))
    return pa.table(arrays, pa.schema(fields))


def write(rng, table, path):
    """By polars in two of twelve cases, by fastparquet in up to four, where it can, and else by pyarrow."""
    writer = rng.integers(12)
    if writer < 2:
        codec = str(rng.choice(["uncompressed", "snappy", "gzip"]))
        pl.from_arrow(table).write_parquet(
            path, compression=codec, row_group_size=int(rng.choice([50, 700, 100_000])),
            data_page_size=int(rng.choice([64, 2000, 1_000_000])))
        return "polars"
    # Without nulls (it would make floats of whole numbers) and times (it would change their unit).
    if writer >= 8 and table.num_rows > 0 and all(
            column.null_count == 0 and not pa.types.is_temporal(field.type)
            for field, column in zip(table.schema, table.columns)):
        fastparquet.write(path, table.to_pandas(), compression=[None, "SNAPPY", "GZIP"][rng.integers(3)],
                          row_group_offsets=int(rng.choice([50, 700, 100_000])))
        return "fastparquet"
    dictionaries, encodings = [], {}
    for field in table.schema:
        choices = ["PLAIN", "dictionary"]
        kind = field.type
        if pa.types.is_boolean(kind):
            choices = ["PLAIN", "RLE"]
        elif pa.types.is_string(kind):
            choices += ["DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"]
        elif pa.types.is_floating(kind):
            choices += ["BYTE_STREAM_SPLIT"]
        else:
            choices += ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"]
        choice = str(rng.choice(choices))
        if choice == "dictionary":
            dictionaries.append(field.name)
        else:
            encodings[field.name] = choice
    pq.write_table(
        table, path, compression=str(rng.choice(["none", "snappy", "gzip", "lz4"])),
        data_page_version=str(rng.choice(["1.0", "2.0"])), use_dictionary=dictionaries, column_encoding=encodings,
        row_group_size=int(rng.choice([50, 700, 100_000])), data_page_size=int(rng.choice([64, 2000, 1_000_000])),
        dictionary_pagesize_limit=int(rng.choice([100, 1_000_000])), write_batch_size=int(rng.choice([16, 1024])),
        write_page_checksum=bool(rng.random() < 0.3), write_statistics=bool(rng.random() < 0.5),
        version=str(rng.choice(["1.0", "2.4", "2.6"])))
    return "pyarrow"


def dump(table):
    lines = []
    for field, column in zip(table.schema, table.columns):
        lines.append(f"column {field.name}")
        kind = field.type
        if pa.types.is_dictionary(kind):
            column, kind = column.cast(kind.value_type), kind.value_type
        if pa.types.is_date32(kind):
            column = column.cast(pa.int32())
        elif pa.types.is_timestamp(kind):
            column = column.cast(pa.int64())
        for value in column.to_pylist():
            if value is None:
                lines.append("-")
            elif isinstance(value, str):
                lines.append("x" + value.encode().hex())
            elif isinstance(value, bool):
                lines.append("true" if value else "false")
            elif isinstance(value, float):
                bits = np.float32(value).view(np.uint32) if pa.types.is_float32(kind) else np.float64(value).view(np.uint64)
                lines.append(str(bits))
            else:
                lines.append(str(value))
    return "\n".join(lines) + "\n"


def main():
    tables = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    rng = np.random.default_rng(int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    seen = Counter()
    with tempfile.TemporaryDirectory() as folder:
        for k in range(tables):
            path = str(Path(folder) / f"{k:04}.parquet")
            table = random_table(rng)
            seen[write(rng, table, path)] += 1
            file = pq.ParquetFile(path)
            Path(path + ".txt").write_text(dump(file.read()))
            for group in range(file.metadata.num_row_groups):
                for c in range(file.metadata.num_columns):
                    chunk = file.metadata.row_group(group).column(c)
                    seen[chunk.compression] += 1
                    for encoding in chunk.encodings:
                        seen[f"{chunk.physical_type} {encoding}"] += 1
        for what, count in sorted(seen.items()):
            print(f"{what}: {count}")
        command = os.environ.get("STOMICS_TEST_COMMAND", "swift test --disable-xctest").split()
        result = subprocess.run(
            command + ["--filter", "DifferentialTests"], env={**os.environ, "STOMICS_PARQUET_TABLES": folder})
    print(f"{tables} tables:", "no difference" if result.returncode == 0 else "DIFFERENCES, see above")
    sys.exit(result.returncode)


main()
