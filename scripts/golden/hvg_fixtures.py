"""Makes the reference values of highly variable genes (Tests/Fixtures/prep/hvg_small.safetensors).

    python scripts/golden/hvg_fixtures.py REFERENCE_FOLDER

REFERENCE_FOLDER holds a_scanpy.safetensors: 200 spots by 1000 genes of raw counts, and scanpy's columns for them. Every
flavour is computed anew, with and without batches, and must equal the columns that are there (but for its batches, which
are others, and ranks among equals). The batches are made up:
three of 40, 80 and 80 spots, whose names sort otherwise than they occur. Curves of scikit-misc's loess come along.
Needs: scanpy 1.11.5, anndata, scikit-misc 0.5, statsmodels, numpy, safetensors.
"""
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import anndata
import numpy as np
import scanpy as sc
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix
from skmisc.loess import loess

# numpy leaves the order of equal values to the machine's sort. Ranks of genes with equal variance are then chance, so the
# reference is scanpy with a stable sort: equal genes in the order of the file.
plain_argsort = np.argsort
np.argsort = lambda values, axis=-1, kind=None, **rest: plain_argsort(values, axis=axis, kind="stable", **rest)

warnings.filterwarnings("ignore")
reference = load_file(Path(sys.argv[1]) / "a_scanpy.safetensors")
target = Path(__file__).parents[2] / "Tests/Fixtures/prep/hvg_small.safetensors"
top = 150

counts = csr_matrix(
    (reference["counts.data"], reference["counts.indices"], reference["counts.indptr"]), shape=(200, 1000))
raw = anndata.AnnData(counts)
raw.var_names = [f"gene{j}" for j in range(1000)]
raw.obs["group"] = [str(g) for g in reference["group"]]
raw.obs["batch"] = [("two", "ten", "two", "ten", "one")[i % 5] for i in range(200)]
sc.pp.filter_genes(raw, min_cells=3)
assert (raw.var_names == [f"gene{j}" for j in reference["filter_genes.kept"]]).all()
logged = raw.copy()
sc.pp.normalize_total(logged, target_sum=1e4)
sc.pp.log1p(logged)

out = {}


def keep(name, adata):
    """Every column that the flavour wrote."""
    adata = adata.copy()
    columns = {}
    for column in adata.var.columns.difference(["n_cells"]):
        values = adata.var[column].to_numpy()
        columns[column] = values.astype(np.uint8 if values.dtype == bool else values.dtype)
        out[f"{name}.{column}"] = columns[column].astype(np.int32) if values.dtype == np.int64 else columns[column]
    for column, values in columns.items():
        old = reference.get(f"hvg_{name}.{column}")
        if old is not None and "_batch" not in name and column != "highly_variable_rank":
            assert np.allclose(old, values, rtol=1e-6, atol=1e-6, equal_nan=True), (name, column)


def dispersions(name, **arguments):
    adata = logged.copy()
    sc.pp.highly_variable_genes(adata, **arguments)
    keep(name, adata)


for flavor in ("seurat", "cell_ranger"):
    dispersions(flavor, flavor=flavor, n_top_genes=top)
    dispersions(flavor + "_cutoff", flavor=flavor)
    dispersions(flavor + "_group", flavor=flavor, n_top_genes=top, batch_key="group")
    dispersions(flavor + "_batch", flavor=flavor, n_top_genes=top, batch_key="batch")
    dispersions(flavor + "_batch_cutoff", flavor=flavor, batch_key="batch")
    old = reference[f"hvg_{flavor}_batch.highly_variable"]
    assert (old == out.pop(f"{flavor}_group.highly_variable")).all()
    for name in [name for name in out if name.startswith(f"{flavor}_group.")]:
        del out[name]

for name, key in (("", None), ("_batch", "batch")):
    adata = raw.copy()
    sc.pp.highly_variable_genes(adata, flavor="seurat_v3", n_top_genes=top, batch_key=key)
    keep("seurat_v3" + name, adata)
    # In float64: with float32 counts scanpy rounds the expected counts to float32.
    adata = raw.copy()
    adata.X = adata.X.astype(np.float64)
    sc.experimental.pp.highly_variable_genes(adata, flavor="pearson_residuals", n_top_genes=top, batch_key=key)
    keep("pearson_residuals" + name, adata)

# Curves: the fewest points there may be, cells of one point, ties in x, ties across the borders of cells.
rng = np.random.default_rng(7)
for name, x in {
    "few": rng.gamma(1, 1, 16), "small": rng.gamma(1, 1, 33), "plain": rng.gamma(1, 1, 500),
    "ties": np.round(rng.gamma(2, 1, 400), 1), "counts": np.log10(np.maximum(1, rng.poisson(rng.gamma(1, 20, 1200))) / 200),
}.items():
    y = np.sin(x) + rng.normal(0, 0.1, len(x))
    model = loess(x, y, span=0.3, degree=2)
    model.fit()
    out |= {f"loess_{name}.x": x, f"loess_{name}.y": y, f"loess_{name}.fitted": model.outputs.fitted_values}

versions = {name: version(name) for name in ("scanpy", "anndata", "scikit-misc", "statsmodels", "numpy", "pandas")}
save_file({name: np.ascontiguousarray(values) for name, values in out.items()}, target, versions)
for name, values in out.items():
    print(name, values.dtype, values.shape)
