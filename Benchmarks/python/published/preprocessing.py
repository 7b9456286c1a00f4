"""The published preprocessing: scanpy's filters, normalisation, variable genes and scaling, and squidpy's graph."""

MIN_CELLS = 3
TARGET_SUM = 1e4
CLIP = 10


def preprocess(path, label_key, n_top_genes=3000, knn_k=6):
    """Reads a slice, drops unlabelled spots, keeps variable genes, scales them, and adds the k-nearest graph.

    Returns an AnnData whose X is the dense scaled matrix [N, G] in float32.
    """
    import scanpy as sc

    adata = sc.read_h5ad(path)
    adata = adata[adata.obs[label_key].notna()].copy()
    sc.pp.filter_genes(adata, min_cells=MIN_CELLS)
    sc.pp.normalize_total(adata, target_sum=TARGET_SUM)
    sc.pp.log1p(adata)
    sc.pp.highly_variable_genes(adata, n_top_genes=n_top_genes, flavor="seurat")
    adata = adata[:, adata.var["highly_variable"]].copy()
    sc.pp.scale(adata, max_value=CLIP)
    adata.X = adata.X.astype("float32")
    connect(adata, knn_k)
    return adata


def connect(adata, knn_k):
    """Puts the k-nearest graph in the place of the one that is there."""
    import squidpy as sq

    sq.gr.spatial_neighbors(adata, coord_type="generic", n_neighs=knn_k)


def edges(adata):
    """The graph as edge_index [2, E]."""
    import numpy as np

    return np.vstack(adata.obsp["spatial_connectivities"].nonzero()).astype(np.int64)


def arrays(adata, label_key):
    """The arrays the published training reads: x [N, G], edge_index [2, E], labels [N], label names."""
    import numpy as np

    labels = adata.obs[label_key].astype("category").cat.remove_unused_categories()
    return {
        "x": np.ascontiguousarray(adata.X, dtype=np.float32),
        "edge_index": edges(adata),
        "labels": labels.cat.codes.to_numpy().astype(np.int64),
        "names": list(labels.cat.categories),
        "coordinates": np.asarray(adata.obsm["spatial"], dtype=np.float64),
    }
