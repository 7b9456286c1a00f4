"""Chooses highly variable genes with stomics and with scanpy, in every flavour, and compares every column.

    python scripts/golden/hvg_compare.py STOMICS SLICE.h5ad [--label-key KEY] [--batch-key KEY] [--n-top-genes 2000]

Each flavour runs without batches and with them. Without --batch-key the batches are made up: three of 22, 34 and 44 %
of the spots, by their order. Ranks and choice are compared with scanpy under a stable sort, because numpy leaves the
order of equal scores to the machine; how many genes scanpy chooses otherwise without it is printed beside. A rank may
differ where a batch holds another gene of the same score but for rounding (1e-12), and is then counted. Ends with 1 where
something else differs. Prints seconds: scanpy's for the choice alone, on as many threads as numba takes.
Needs: scanpy 1.11, anndata, scikit-misc, statsmodels, numpy.
"""
import argparse
import subprocess
import sys
import tempfile
import time
import warnings

import anndata
import numpy as np
import scanpy as sc

warnings.filterwarnings("ignore")
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("stomics")
parser.add_argument("slice")
parser.add_argument("--label-key")
parser.add_argument("--batch-key")
parser.add_argument("--n-top-genes", type=int, default=2000)
parser.add_argument("--min-cells", type=int, default=3)
options = parser.parse_args()
failed = False

raw = anndata.read_h5ad(options.slice)
raw.var_names_make_unique()
written = [
    "highly_variable", "means", "dispersions", "dispersions_norm", "variances", "variances_norm", "residual_variances",
    "highly_variable_rank", "highly_variable_nbatches", "highly_variable_intersection"]
raw.var = raw.var.drop(columns=raw.var.columns.intersection(written))
if "in_tissue" in raw.obs:
    raw = raw[raw.obs["in_tissue"].astype(int) != 0].copy()
if options.label_key:
    raw = raw[~raw.obs[options.label_key].isna()].copy()
key = options.batch_key
if key is None:
    key = "made_up"
    raw.obs[key] = np.array(["late", "early", "tiny"])[np.searchsorted([0.44, 0.78], np.arange(raw.n_obs) / raw.n_obs)]
folder = tempfile.TemporaryDirectory()
given = f"{folder.name}/given.h5ad"
raw.write_h5ad(given)
sc.pp.filter_genes(raw, min_cells=options.min_cells)
sc.pp.filter_cells(raw, min_counts=1)
logged = raw.copy()
sc.pp.normalize_total(logged, target_sum=1e4)
sc.pp.log1p(logged)

plain_argsort = np.argsort


def stable_argsort(values, axis=-1, kind=None, **rest):
    return plain_argsort(values, axis=axis, kind="stable", **rest)


def theirs(flavor, batch_key):
    """scanpy's columns and the seconds they took."""
    adata = logged.copy() if flavor in ("seurat", "cell_ranger") else raw.copy()
    if flavor == "pearson_residuals":
        adata.X = adata.X.astype(np.float64)  # scanpy rounds the expected counts to the type of the counts
        choose = sc.experimental.pp.highly_variable_genes
    else:
        choose = sc.pp.highly_variable_genes
    start = time.perf_counter()
    choose(adata, flavor=flavor, n_top_genes=options.n_top_genes, batch_key=batch_key)
    return adata, time.perf_counter() - start


def tied(flavor, batch_key):
    """Genes whose score in some batch is another gene's, but for rounding."""
    values = raw.obs[batch_key].to_numpy() if batch_key else np.zeros(raw.n_obs)
    names = np.unique(values)
    clip = np.sqrt((values == names[0]).sum())
    result = np.zeros(raw.n_vars, dtype=bool)
    for name in names:
        part = raw[values == name].copy()
        part.X = part.X.astype(np.float64)
        if flavor == "seurat_v3":
            sc.pp.highly_variable_genes(part, flavor=flavor, n_top_genes=options.n_top_genes)
            scores = part.var["variances_norm"].to_numpy()
        else:
            sc.experimental.pp.highly_variable_genes(part, n_top_genes=options.n_top_genes, clip=clip)
            scores = part.var["residual_variances"].to_numpy()
        order = np.argsort(scores)
        close = np.diff(scores[order]) <= 1e-12 * np.abs(scores[order][1:])
        result[order[1:][close]] = result[order[:-1][close]] = True
    return result


def ours(flavor, batch_key):
    output = f"{folder.name}/out.h5ad"
    command = [
        options.stomics, "preprocess", given, "-o", output, "-q", "--n-top-genes", str(options.n_top_genes),
        "--hvg-flavor", flavor, "--n-pcs", "0", "--no-graph", "--min-cells", str(options.min_cells)]
    if batch_key:
        command += ["--hvg-batch-key", batch_key]
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return anndata.read_h5ad(output), time.perf_counter() - start


def allowed(column, flavor):
    if column in ("means", "dispersions", "dispersions_norm"):
        return 1e-12 if flavor in ("seurat_v3", "pearson_residuals") else 1e-5
    return 1e-9 if "variances" in column else 0


for flavor in ("seurat", "cell_ranger", "seurat_v3", "pearson_residuals"):
    for batch_key in (None, key):
        name = flavor + (" by batch" if batch_key else "")
        try:
            as_shipped, _ = theirs(flavor, batch_key)
            np.argsort = stable_argsort
            expected, seconds = theirs(flavor, batch_key)
        except ValueError as error:
            print(f"--  {name}: scanpy stops: {error}")
            continue
        finally:
            np.argsort = plain_argsort
        found, total = ours(flavor, batch_key)
        columns = [column for column in written if column in expected.var]
        worst = []
        for column in columns:
            a, b = found.var[column].to_numpy(), expected.var[column].to_numpy()
            bad = a.dtype != b.dtype
            a, b = a.astype(float), b.astype(float)
            known = ~np.isnan(b)
            bad |= (np.isnan(a) == known).any()
            if column == "highly_variable_rank":
                same = (a == b) | ~known
                excused = ~same & tied(flavor, batch_key)
                if excused.any():
                    worst.append(f"{excused.sum()} ranks among equals")
                a, b, known = a[~excused], b[~excused], known[~excused]
            difference = np.max(np.abs(a[known] - b[known]) / np.maximum(1, np.abs(b[known])), initial=0)
            bad |= not difference <= allowed(column, flavor)
            failed |= bad
            worst.append(f"{column} {difference:.0e}{' BAD' if bad else ''}")
        otherwise = int((as_shipped.var.highly_variable != expected.var.highly_variable).sum())
        print(f"{'BAD' if any('BAD' in w for w in worst) else 'ok '} {name}: {found.var.highly_variable.sum()} genes; "
              f"scanpy's sort chooses {otherwise} otherwise; scanpy {seconds:.2f} s, stomics preprocess {total:.2f} s")
        print("    " + ", ".join(worst))
        if found.uns["hvg"]["flavor"] != expected.uns["hvg"]["flavor"]:
            failed = True
            print("BAD uns/hvg", found.uns["hvg"])
sys.exit(1 if failed else 0)
