#!/usr/bin/env python3
"""What Sources/Simulation takes from a real slice, and both slices' curves side by side.

  simulate_fit.py fit REAL.h5ad                                       print depths, layer shares, dispersions, markers
  simulate_fit.py compare REAL.h5ad[,REAL2.h5ad] SIMULATED.h5ad -o FIGURE.png    draw and tabulate both curves

Needs anndata, scipy and matplotlib (written with anndata 0.12, scipy 1.17, matplotlib 3.10).
The real slices are the DLPFC ones of Maynard et al. 2021; obs['sce.layer_guess'] are the layers,
obs['total_umi_all_genes'] the depth over all genes, of which such a file may hold only a part.
"""
import argparse

import anndata
import numpy as np
import scipy.sparse

LAYERS = ["Layer1", "Layer2", "Layer3", "Layer4", "Layer5", "Layer6", "WM"]
# Borders of the bins of mean counts, geometric.
BINS = 10 ** np.arange(-2.5, 1.01, 0.25)


class Slice:
    def __init__(self, path):
        data = anndata.read_h5ad(path)
        key = "sce.layer_guess" if "sce.layer_guess" in data.obs else "layer"
        data = data[data.obs[key].notna().values]
        self.name = path.rsplit("/", 1)[-1].removesuffix(".h5ad")
        self.genes = list(data.var_names)
        self.ids = list(data.var.get("gene_ids", data.var_names))
        self.layer = data.obs[key].astype(str).values
        self.counts = scipy.sparse.csc_matrix(data.X).astype(float)
        sums = np.asarray(self.counts.sum(1)).ravel()
        self.sums = sums
        self.depth = data.obs["total_umi_all_genes"].values.astype(float) if "total_umi_all_genes" in data.obs else sums
        self.size = self.depth / np.median(self.depth)


def moments(counts, size):
    """Mean at size 1, and numerator and denominator of the dispersion phi in var = mu + phi mu^2, per gene."""
    mean = np.asarray(counts.sum(0)).ravel() / size.sum()
    squares = np.asarray(counts.multiply(counts).sum(0)).ravel()
    cross = np.asarray(counts.T @ size).ravel()
    total = (size**2).sum()
    return mean, squares - 2 * mean * cross + mean**2 * total - mean * size.sum(), mean**2 * total


def dispersions(data):
    """Mean of every gene, dispersion about its slice-wide mean, and about its layers' means."""
    mean, over, scale = moments(data.counts, data.size)
    over_within, scale_within = np.zeros_like(mean), np.zeros_like(mean)
    for layer in LAYERS:
        rows = data.layer == layer
        _, a, b = moments(data.counts[np.flatnonzero(rows)], data.size[rows])
        over_within += a
        scale_within += b
    return mean, (over, scale), (over_within, scale_within)


def curve(mean, parts):
    """Dispersion of the genes of each bin of means together: sums of numerators over sums of denominators.

    A twentieth of the genes, those of highest dispersion, is left out: one blood vessel decides no bin.
    """
    result = []
    for low, high in zip(BINS[:-1], BINS[1:]):
        genes = np.flatnonzero((mean >= low) & (mean < high))
        genes = genes[np.argsort(parts[0][genes] / parts[1][genes])][: int(np.ceil(0.95 * len(genes)))]
        result.append(parts[0][genes].sum() / parts[1][genes].sum() if len(genes) >= 10 else np.nan)
    return np.array(result)


def fit(path):
    data = Slice(path)
    log = np.log(data.depth)
    print(f"{data.name}: {len(log)} labelled spots, {len(data.genes)} genes")
    print(f"median depth over all genes {np.median(data.depth):.0f}, over the file's {np.median(data.sums):.0f}"
          f" ({data.sums.sum() / data.depth.sum():.3f} of all counts)")
    print(f"stored share {data.counts.nnz / np.prod(data.counts.shape):.4f}")
    residual = log.copy()
    for layer in LAYERS:
        rows = data.layer == layer
        residual[rows] -= log[rows].mean()
        print(f"  {layer}: share {rows.mean():.3f}, depth {np.exp(log[rows].mean() - log.mean()):.2f} of the slice's")
    print(f"log-sd of depth inside a layer {residual.std():.3f}")
    mean, _, within = dispersions(data)
    print(f"log-sd of the genes' means {np.log(mean[mean > 0]).std():.2f}")
    x = np.sqrt(BINS[:-1] * BINS[1:])
    y = curve(mean, within)
    use = np.isfinite(y) & (x > 0.01)
    # Relative least squares of phi = floor + slope / mean.
    a = np.stack([1 / y[use], 1 / (x[use] * y[use])], axis=1)
    floor, slope = np.linalg.lstsq(a, np.ones(use.sum()), rcond=None)[0]
    print(f"dispersion inside a layer: {floor:.3f} + {slope:.4f} / mean")
    print("markers: counts of 10,000, then each layer's level over the slice's (the table of NamedGenes.swift)")
    for gene in MARKERS:
        if gene not in data.genes:
            continue
        counts = np.asarray(data.counts[:, [data.genes.index(gene)]].todense()).ravel()
        level = counts.sum() / data.depth.sum()
        layers = [counts[data.layer == l].sum() / data.depth[data.layer == l].sum() / level for l in LAYERS]
        print(f'    NamedGene("{gene}", "{data.ids[data.genes.index(gene)]}", {1e4 * level:.2f}, '
              f'[{", ".join(f"{v:.2f}" for v in layers)}]),')


def compare(paths, output):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    slices = [Slice(path) for path in paths]
    figure, axes = plt.subplots(1, 3, figsize=(13, 4))
    x = np.sqrt(BINS[:-1] * BINS[1:])
    curves = []
    colours = ["#555555", "#999999", "#bbbbbb"]
    for k, data in enumerate(slices):
        simulated = k == len(slices) - 1
        style = dict(color="#D55E00", lw=2) if simulated else dict(color=colours[k % 3], lw=2 if k == 0 else 1)
        mean, all_spots, within = dispersions(data)
        curves.append(curve(mean, within))
        if k == 0 or simulated:
            seen = within[1] > 0
            axes[0].scatter(mean[seen], within[0][seen] / within[1][seen], s=1.5, alpha=0.25, color=style["color"], rasterized=True)
        axes[0].plot(x, curves[-1], label=data.name, **style)
        axes[0].plot(x, curve(mean, all_spots), ls=":", **style)
        axes[1].plot(np.sort(np.log10(data.sums)), np.linspace(0, 1, len(data.sums)), label=data.name, **style)
        counts, edges = np.histogram(np.log10(mean[mean > 0]), 60, density=True)
        axes[2].plot((edges[1:] + edges[:-1]) / 2, counts, label=data.name, **style)
    axes[0].set(xscale="log", yscale="log", xlim=(2e-3, 12), ylim=(5e-3, 50), xlabel="mean count at median depth",
                ylabel="dispersion φ  (variance = μ + φ μ²)", title="inside layers (dotted: whole slice)")
    axes[1].set(xlabel="log10 counts a spot", ylabel="share of spots", title="depth over the file's genes")
    axes[2].set(xlabel="log10 mean count of a gene", ylabel="density", title="levels of the genes")
    for axis in axes:
        axis.legend(frameon=False, fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(output, dpi=110)
    print("mean count  " + "  ".join(f"{d.name:>10}" for d in slices) + "   last over first")
    for k, value in enumerate(x):
        if np.isfinite([c[k] for c in curves]).all():
            print(f"{value:10.4f}  " + "  ".join(f"{c[k]:10.3f}" for c in curves)
                  + f"   {curves[-1][k] / curves[0][k]:.2f}")
    for data in slices:
        print(f"{data.name}: counts a spot, quantiles 5/25/50/75/95 %: {np.percentile(data.sums, [5, 25, 50, 75, 95])}"
              f", stored share {data.counts.nnz / np.prod(data.counts.shape):.3f}")


MARKERS = """MOBP PCP4 MBP CUX2 AQP4 KRT17 RORB HPCAL1 SNAP25 PLP1 RELN TRABD2A ENC1 CARTPT B3GALT2 GFAP FABP7 FEZF2 NEFH
CXCL14 MAG LAMP5 CAMK2N1 VAMP1 TMSB10 TLE4 NR4A2 MOG CNP C1QL2 CALB1 NEFM NEFL FREM3 VIM DIRAS2 ETV1 RXFP1 FOXP2 SEMA3E
THEMIS NTNG2 ADCYAP1 RASGRF2 SCN1B BCL11B TF CRYAB BCAS1 CLDND1 MT1G AGT NRGN SYT1 VSNL1 STMN2 GAP43 OLFM1 THY1 SLC17A7
NPY SST VIP PVALB GAD1 CCK TAC1 HBB HBA1 HBA2 MALAT1""".split()

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("fit")
    one.add_argument("real")
    two = commands.add_parser("compare")
    two.add_argument("real")
    two.add_argument("simulated")
    two.add_argument("-o", "--output", required=True)
    arguments = parser.parse_args()
    if arguments.command == "fit":
        fit(arguments.real)
    else:
        compare(arguments.real.split(",") + [arguments.simulated], arguments.output)
