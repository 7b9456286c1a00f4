"""Cuts the reference values of preprocessing and graphs down to what the tests keep (Tests/Fixtures/prep).

    python scripts/golden/prep_fixtures.py REFERENCE_FOLDER

REFERENCE_FOLDER holds a_scanpy.safetensors, e_pre_151673.safetensors and e_pre_151673.json, written with
scanpy 1.11.5, squidpy 1.8.2, scikit-learn 1.9.1, numpy 2.4.6. Values are copied, never recomputed; counts and indices
become smaller integer types, dense matrices a sample of their rows.
Needs: numpy, safetensors.
"""
import json
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

source = Path(sys.argv[1])
target = Path(__file__).parents[2] / "Tests/Fixtures/prep"
target.mkdir(parents=True, exist_ok=True)
versions = {"scanpy": "1.11.5", "squidpy": "1.8.2", "scikit-learn": "1.9.1", "numpy": "2.4.6"}


def fnv1a(values):
    """64-bit FNV-1a over the little-endian int32 values, as text."""
    h = 0xCBF29CE484222325
    for byte in np.asarray(values, dtype="<i4").tobytes():
        h = ((h ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return format(h, "016x")


a = load_file(source / "a_scanpy.safetensors")
rows = np.arange(0, 200, 8, dtype=np.int32)
small = {name: a[name] for name in (
    "counts.indptr", "spatial", "filter_genes.kept", "filter_genes.n_cells",
    "hvg_seurat.means", "hvg_seurat.dispersions", "hvg_seurat.dispersions_norm", "hvg_seurat.highly_variable",
    "hvg_seurat_cutoff.highly_variable", "hvg_subset.index_in_filtered", "scale.mean", "scale.std",
    "pca.X", "pca.PCs", "pca.variance", "pca.variance_ratio", "spatial_random")}
assert a["counts.data"].max() < 256 and (a["counts.data"] % 1 == 0).all()
small["counts.data"] = a["counts.data"].astype(np.uint8)
small["counts.indices"] = a["counts.indices"].astype(np.uint16)
small["sample.rows"] = rows
for name in ("normalize_total.dense", "log1p.dense", "scale.dense", "scale_center_max2.dense"):
    small[name] = a[name][rows].astype(np.float32)
for name in ("spatial_knn6", "spatial_knn12"):
    small[name + ".indices"] = a[name + ".indices"].astype(np.uint16)
    small[name + ".dist_indices"] = a[name + ".dist_indices"].astype(np.uint16)
    small[name + ".dist"] = a[name + ".dist"]
small["spatial_random_knn6.indices"] = a["spatial_random_knn6.indices"].astype(np.uint16)
save_file({k: np.ascontiguousarray(v) for k, v in small.items()}, target / "scanpy_small.safetensors", versions)

e = load_file(source / "e_pre_151673.safetensors")
meta = json.loads((source / "e_pre_151673.json").read_text())
edges6, edges96 = e["edge_index_k6"], e["edge_index_k96"]
n = len(e["coordinates"])
assert (edges6[0] == np.repeat(np.arange(n), 6)).all() and (edges96[0] == np.repeat(np.arange(n), 96)).all()
assert (e["coordinates"] % 1 == 0).all() and e["coordinates"].max() < 65536
large = {
    "coordinates": e["coordinates"].astype(np.uint16),
    "k6.neighbours": edges6[1].astype(np.uint16),
    "k96.listed": np.bincount(edges96[1], minlength=n).astype(np.uint8),
    "expression.colsum": e["expression.colsum"], "expression.colsumsq": e["expression.colsumsq"],
    "expression.rows": e["expression.rows"], "expression.sample": e["expression.sample"],
    "hvg.dispersions_norm": e["hvg.dispersions_norm"], "labels": e["labels"].astype(np.uint8),
}
notes = dict(versions, slice="151673", k96_neighbours_fnv1a=fnv1a(edges96[1]), n_spots="3611", n_after_filter="8325")
save_file({k: np.ascontiguousarray(v) for k, v in large.items()}, target / "slice_151673.safetensors", notes)
(target / "slice_151673_genes.txt").write_text("\n".join(meta["hvg_names"]) + "\n")
