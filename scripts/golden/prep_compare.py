"""Preprocesses a slice with stomics and with scanpy, and compares every value.

    python scripts/golden/prep_compare.py STOMICS SLICE.h5ad [--label-key KEY] [--n-top-genes 3000]

Genes and spots kept, counts, quality-control columns, X, means, dispersions, the chosen genes, mean and standard
deviation, principal components (up to sign), and the graph with its distances, ties included. Ends with 1 where
something differs. Needs: anndata, scanpy 1.11, scikit-learn, numpy.
"""
import argparse
import subprocess
import sys
import tempfile
import warnings

import anndata
import numpy as np
import scanpy as sc
from sklearn.neighbors import NearestNeighbors

warnings.filterwarnings("ignore")
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("stomics")
parser.add_argument("slice")
parser.add_argument("--label-key")
parser.add_argument("--n-top-genes", type=int, default=3000)
options = parser.parse_args()

with tempfile.TemporaryDirectory() as folder:
    command = [options.stomics, "preprocess", options.slice, "-o", folder + "/out.h5ad", "-q"]
    command += ["--n-top-genes", str(options.n_top_genes)]
    if options.label_key:
        command += ["--label-key", options.label_key]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ours = anndata.read_h5ad(folder + "/out.h5ad")

theirs = anndata.read_h5ad(options.slice)
if "in_tissue" in theirs.obs:
    theirs = theirs[theirs.obs["in_tissue"].astype(int) != 0].copy()
if options.label_key:
    theirs = theirs[~theirs.obs[options.label_key].isna()].copy()
theirs.var_names_make_unique()
theirs.var["mt"] = theirs.var_names.str.match("MT-|mt-")
sc.pp.calculate_qc_metrics(theirs, qc_vars=["mt"], percent_top=None, inplace=True)
sc.pp.filter_genes(theirs, min_cells=3)
sc.pp.filter_cells(theirs, min_counts=1)
theirs.layers["counts"] = theirs.X.copy()
sc.pp.normalize_total(theirs, target_sum=1e4)
sc.pp.log1p(theirs)
sc.pp.highly_variable_genes(theirs, n_top_genes=min(options.n_top_genes, theirs.n_vars))
scaled = theirs[:, theirs.var.highly_variable].copy()
sc.pp.scale(scaled, max_value=10)
sc.pp.pca(scaled, n_comps=ours.obsm["X_pca"].shape[1])

failed = False


def report(name, difference, allowed):
    global failed
    failed |= not difference <= allowed
    print(f"{'ok ' if difference <= allowed else 'BAD'} {name:28} {difference:.1e} (allowed {allowed:.0e})")


def relative(a, b):
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if (np.isnan(a) != np.isnan(b)).any():
        return np.inf
    known = ~np.isnan(b)
    return np.abs(a[known] - b[known]).max() / max(np.abs(b[known]).max(), 1e-300)


report("spots", float(list(ours.obs_names) != list(theirs.obs_names)), 0)
report("genes", float(list(ours.var_names) != list(theirs.var_names)), 0)
report("layers/counts", float((ours.layers["counts"] != theirs.layers["counts"]).nnz), 0)
report("X", relative(ours.X.toarray(), theirs.X.toarray() if hasattr(theirs.X, "toarray") else theirs.X), 1e-6)
spot_columns = ["total_counts", "n_genes_by_counts", "log1p_total_counts", "log1p_n_genes_by_counts"]
if theirs.var["mt"].any():
    spot_columns += ["total_counts_mt", "pct_counts_mt"]
for column in spot_columns:
    report("obs/" + column, relative(ours.obs[column], theirs.obs[column]), 1e-6)
for column in ["n_cells_by_counts", "mean_counts", "total_counts", "means", "dispersions", "dispersions_norm"]:
    report("var/" + column, relative(ours.var[column], theirs.var[column]), 2e-6)
report("var/highly_variable", float((ours.var.highly_variable != theirs.var.highly_variable).sum()), 0)
chosen = ours.var.highly_variable.values
for column in ["mean", "std"]:
    report("var/" + column, relative(ours.var[column][chosen], scaled.var[column]), 1e-6)
sign = np.sign((ours.obsm["X_pca"] * scaled.obsm["X_pca"]).sum(axis=0))
report("obsm/X_pca", relative(ours.obsm["X_pca"] * sign, scaled.obsm["X_pca"]), 1e-4)
report("uns/pca/variance", relative(ours.uns["pca"]["variance"], scaled.uns["pca"]["variance"]), 1e-5)
distances, neighbours = NearestNeighbors(n_neighbors=6).fit(theirs.obsm["spatial"]).kneighbors()
rows = ours.obsp["spatial_connectivities"].indices.reshape(-1, 6)
report("obsp/spatial_connectivities", float((np.sort(neighbours, axis=1) != rows).any(axis=1).sum()), 0)
ordered = np.sort(ours.obsp["spatial_distances"].data.reshape(-1, 6), axis=1)
report("obsp/spatial_distances", relative(ordered, distances), 1e-12)
sys.exit(failed)
