"""Writes small inputs of every kind that 10x Genomics' programs leave, and what scanpy and squidpy make of them
(Tests/Fixtures/tenx; HDF5 files packed with gzip). Nothing is copied from a real run: values follow from positions.

    python scripts/golden/tenx_fixtures.py [FOLDER]

Written with scanpy 1.11.5, squidpy 1.8.2, anndata 0.12.19, h5py 3.16.0, numpy 2.4.6, pandas 2.3.3 (each expected file
says so in its root attribute `made_with`). Needs: scanpy, squidpy.
"""
import gzip
import json
import sys
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import scanpy as sc
import squidpy as sq
from PIL import Image

warnings.simplefilter("ignore")
made_with = ", ".join(
    f"{name} {version(name)}" for name in ["scanpy", "squidpy", "anndata", "h5py", "numpy", "pandas"])
N, G = 8, 6
barcodes = [f"AAC{'ACGT'[i % 4]}{'ACGT'[i // 4]}G-1" for i in range(N)]
genes = ["MOBP", "PCP4", "Ptp4a1", "Ptp4a1", "CD3", "CD19"]
types = ["Gene Expression"] * 4 + ["Antibody Capture"] * 2
genomes = ["GRCh38", "GRCh38", "mm10", "mm10", "", ""]


def counts(shift=0):
    """[barcodes, features]: (i * G + j + shift) % 4, so a quarter is zero."""
    return ((np.arange(N * G).reshape(N, G) + shift) % 4).astype(np.int32)


def write_matrix(group, matrix, names, dtype=np.int32):
    """Features x barcodes compressed by columns, in Cell Ranger's types."""
    indptr, indices, data = [0], [], []
    for row in matrix:
        places = np.flatnonzero(row)
        indices += list(places)
        data += list(row[places])
        indptr.append(len(data))
    group["barcodes"] = np.array(names, dtype="S")
    options = {"compression": "gzip", "shuffle": True}
    group.create_dataset("data", data=np.array(data, dtype), **options)
    group.create_dataset("indices", data=np.array(indices, np.int64), **options)
    group.create_dataset("indptr", data=np.array(indptr, np.int64), **options)
    group["shape"] = np.array(matrix.T.shape, np.int32)


def write_v3(path, matrix, names=barcodes, genes=genes, types=types, genomes=genomes, library="lib_a", probes=False):
    with h5py.File(path, "w") as file:
        file.attrs["library_ids"] = np.array([library], dtype="S")
        file.attrs["chemistry_description"] = "Visium V1 Slide"
        file.attrs["software_version"] = "spaceranger-2.1.0"
        group = file.create_group("matrix")
        write_matrix(group, matrix, names)
        features = group.create_group("features")
        ids = [f"ENSG{j:04d}" for j in range(len(genes))]
        features["id"] = np.array([i + "|p" if probes else i for i in ids], dtype="S")
        features["name"] = np.array(genes, dtype="S")
        features["feature_type"] = np.array(types, dtype="S")
        features["genome"] = np.array(genomes, dtype="S10")
        features["_all_tag_keys"] = np.array(["genome", "read"], dtype="S")
        if probes:
            features["gene_id"] = np.array(ids, dtype="S")
            features["gene_name"] = np.array(genes, dtype="S")
            features["probe_region"] = np.array(["spliced", "unspliced"] * (len(genes) // 2), dtype="S")
            features["filtered_probes"] = np.arange(len(genes)) % 2 == 0
            group["filtered_barcodes"] = np.arange(len(names)) % 3 == 0
            features.create_group("target_sets")["a set"] = np.arange(3, dtype=np.uint32)


def write_v2(path):
    with h5py.File(path, "w") as file:
        for shift, genome in enumerate(["hg19", "mm10"]):
            group = file.create_group(genome)
            write_matrix(group, counts(shift), barcodes)
            group["genes"] = np.array([f"{genome}_E{j}" for j in range(G)], dtype="S")
            group["gene_names"] = np.array(genes, dtype="S")


def write_market(folder, matrix, prefix="", packed=True, genes_name="features.tsv", columns=3):
    folder.mkdir(parents=True, exist_ok=True)

    def put(name, text):
        if packed:
            (folder / f"{prefix}{name}.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        else:
            (folder / f"{prefix}{name}").write_text(text)

    entries = [f"{j + 1} {i + 1} {matrix[i, j]}" for i, j in zip(*np.nonzero(matrix))]
    banner = "%%MatrixMarket matrix coordinate integer general\n%metadata_json: " + json.dumps(
        {"software_version": "spaceranger-3.0.0", "format_version": 2})
    put("matrix.mtx", "\n".join([banner, f"{matrix.shape[1]} {matrix.shape[0]} {len(entries)}"] + entries) + "\n")
    rows = [[f"ENSG{j:04d}", genes[j], types[j]][:columns] for j in range(G)]
    put(genes_name, "".join("\t".join(row) + "\n" for row in rows))
    put("barcodes.tsv", "".join(name + "\n" for name in barcodes))


def positions(header, floats):
    """All barcodes of the matrix but in another order, and three more that lie off the tissue."""
    names = barcodes[::-1] + ["TTTTTA-1", "TTTTTC-1", "TTTTTG-1"]
    lines = ["barcode,in_tissue,array_row,array_col,pxl_row_in_fullres,pxl_col_in_fullres"] if header else []
    for k, name in enumerate(names):
        y, x = 40 + 7 * k, 300 - 11 * k
        pixels = f"{y + 0.125},{x + 0.5}" if floats else f"{y},{x}"
        lines.append(f"{name},{int(k < N)},{k // 4},{k % 4 * 2},{pixels}")
    return "\n".join(lines) + "\n"


def write_spatial(folder, name, header, floats, scale=0.1, alpha=True):
    folder.mkdir(parents=True)
    (folder / name).write_text(positions(header, floats))
    factors = {
        "spot_diameter_fullres": 8.25, "tissue_hires_scalef": scale, "fiducial_diameter_fullres": 14.5,
        "tissue_lowres_scalef": scale / 2}
    (folder / "scalefactors_json.json").write_text(json.dumps(factors))
    pixels = np.arange(32 * 40 * 4, dtype=np.uint32).reshape(32, 40, 4).astype(np.uint8)
    Image.fromarray(pixels if alpha else pixels[:, :, :3]).save(folder / "tissue_hires_image.png", optimize=True)
    Image.fromarray(pixels[:16, :20, :3].copy()).save(folder / "tissue_lowres_image.png", optimize=True)


def expect(adata, path):
    adata.write_h5ad(path, convert_strings_to_categoricals=False)
    with h5py.File(path, "r+") as file:
        file.attrs["made_with"] = made_with


def make(folder):
    v3, v2, probes = folder / "v3.h5", folder / "v2.h5", folder / "probes.h5"
    write_v3(v3, counts())
    expect(sc.read_10x_h5(v3, gex_only=False), folder / "v3_all.h5ad")
    expect(sc.read_10x_h5(v3), folder / "v3_genes.h5ad")
    expect(sc.read_10x_h5(v3, genome="mm10"), folder / "v3_mm10.h5ad")
    write_v2(v2)
    expect(sc.read_10x_h5(v2, genome="mm10"), folder / "v2_mm10.h5ad")
    write_v3(probes, counts(), types=["Gene Expression"] * G, probes=True)
    expect(sc.read_10x_h5(probes), folder / "probes.h5ad")

    market = folder / "market"
    write_market(market, counts())
    expect(sc.read_10x_mtx(market, make_unique=False), folder / "market.h5ad")
    write_market(folder / "market_v2", counts(1), packed=False, genes_name="genes.tsv", columns=2)
    expect(sc.read_10x_mtx(folder / "market_v2", make_unique=False), folder / "market_v2.h5ad")
    write_market(folder / "market_prefix", counts(2), prefix="GSM1_")
    expect(sc.read_10x_mtx(folder / "market_prefix", make_unique=False, prefix="GSM1_"), folder / "market_prefix.h5ad")

    for name, file, header, floats in [
        ("visium1", "tissue_positions_list.csv", False, False), ("visium2", "tissue_positions.csv", True, True)]:
        run = folder / name
        write_spatial(run / "spatial", file, header, floats, alpha=not header)
        write_v3(run / "filtered_feature_bc_matrix.h5", counts())
        write_v3(run / "raw_feature_bc_matrix.h5", counts(1))
        expect(sq.read.visium(run, gex_only=False), folder / f"{name}.h5ad")
        raw = sq.read.visium(run, counts_file="raw_feature_bc_matrix.h5", gex_only=False)
        expect(raw, folder / f"{name}_raw.h5ad")


    # What must be refused or noted.
    write_v3(folder / "antibodies.h5", counts(), types=["Antibody Capture"] * G)
    write_v3(folder / "no_barcodes.h5", counts()[:0], names=[])
    write_v3(folder / "short_names.h5", counts(), genes=genes[:-1], types=types[:-1], genomes=genomes[:-1])
    write_v3(folder / "wild_index.h5", counts())
    with h5py.File(folder / "wild_index.h5", "r+") as file:
        file["matrix/indices"][3] = G
    write_v3(folder / "large_counts.h5", counts())
    with h5py.File(folder / "large_counts.h5", "r+") as file:
        file["matrix/data"][0] = 2**24 + 1


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "Tests/Fixtures/tenx"
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch))
        for path in sorted(Path(scratch).rglob("*")):
            if path.is_dir():
                continue
            kept = target / path.relative_to(scratch)
            kept.parent.mkdir(parents=True, exist_ok=True)
            if path.suffix in (".h5", ".h5ad"):
                kept.with_name(kept.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
            else:
                kept.write_bytes(path.read_bytes())
