"""Writes the small h5ad files that the tests of HDF5 and AnnData read (Tests/Fixtures/io), each packed with gzip.

    python scripts/golden/io_fixtures.py [FOLDER]

Written with anndata 0.12.19, h5py 3.16.0, numpy 2.4.6, pandas 2.3.3, scipy 1.17.1 (each file says so in its root
attribute `made_with`). Values follow from positions, so that tests can name them; nothing is random.
Needs: anndata, awkward.
"""
import gzip
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import anndata as ad
import h5py
import numpy as np
import pandas as pd
from scipy import sparse

N, G = 12, 7
made_with = ", ".join(f"{name} {version(name)}" for name in ["anndata", "h5py", "numpy", "pandas", "scipy"])


def counts(n=N, g=G):
    """[n, g]: (i * g + j) % 5, so a fifth of the entries is zero, and every row differs from the next."""
    return (np.arange(n * g).reshape(n, g) % 5).astype(np.float32)


def everything():
    """Data with every encoding that anndata writes to h5ad (awkward arrays where that package is there)."""
    x = counts()
    obs = pd.DataFrame(index=[f"AACG-{i}" for i in range(N)])
    obs["whole"] = np.arange(N, dtype=np.int64) * 1000 - 3
    obs["small"] = np.arange(N, dtype=np.int8) - 5
    obs["bytes"] = np.arange(N, dtype=np.uint8) + 244
    obs["short"] = np.arange(N, dtype=np.uint16) * 5000
    obs["long"] = np.arange(N, dtype=np.uint64) + 2**63
    obs["real"] = np.where(np.arange(N) == 3, np.nan, np.arange(N) / 4)
    obs["single"] = (np.arange(N) / 8).astype(np.float32)
    obs["flag"] = np.arange(N) % 3 == 0
    obs["text"] = pd.Series([f"wört {i}" if i else "" for i in range(N)], index=obs.index, dtype=object)
    layer = ["Layer2", "WM", None, "Layer1"]
    obs["layer"] = pd.Categorical([layer[i % 4] for i in range(N)], categories=["WM", "Layer1", "Layer2", "unused"])
    obs["stage"] = pd.Categorical(
        [["early", "late"][i % 2] for i in range(N)], categories=["late", "early"], ordered=True)
    obs["cluster"] = pd.Categorical(np.arange(N) % 3 * 10)
    obs["half"] = pd.Categorical(np.arange(N) % 2 / 2)
    obs["yes"] = pd.Categorical(np.arange(N) % 2 == 0)
    obs["maybe_whole"] = pd.array([None if i % 4 == 1 else i for i in range(N)], dtype="Int32")
    obs["maybe_flag"] = pd.array([None if i % 4 == 2 else i % 2 == 0 for i in range(N)], dtype="boolean")
    obs["maybe_text"] = pd.array([None if i % 4 == 3 else f"t{i}" for i in range(N)], dtype="string")
    obs["with space, ünd (signs)"] = np.arange(N)
    var = pd.DataFrame(index=[f"GENE{j}" for j in range(G)])
    var["gene_ids"] = [f"ENSG{j:05d}" for j in range(G)]
    var["highly_variable"] = np.arange(G) % 2 == 1
    adata = ad.AnnData(sparse.csr_matrix(x), obs=obs, var=var)
    adata.layers["counts"] = sparse.csc_matrix(x.astype(np.int64))
    adata.layers["dense"] = x.astype(np.float64) / 3
    adata.layers["whole"] = x.astype(np.int32)
    adata.obsm["spatial"] = np.stack([np.arange(N) * 10.5, 1000 - np.arange(N)], axis=1)
    adata.obsm["X_pca"] = (np.arange(N * 3).reshape(N, 3) / 7).astype(np.float32)
    adata.obsm["table"] = pd.DataFrame({"a": np.arange(N), "b": [str(i) for i in range(N)]}, index=obs.index)
    adata.obsm["sparse"] = sparse.csr_matrix(np.eye(N, 4, dtype=np.float32))
    adata.obsm["cube"] = np.arange(N * 6, dtype=np.int16).reshape(N, 2, 3)
    adata.obsp["spatial_connectivities"] = sparse.csr_matrix(np.eye(N, k=1) + np.eye(N, k=-1))
    adata.obsp["dense"] = np.arange(N * N, dtype=np.float32).reshape(N, N)
    adata.varm["PCs"] = np.arange(G * 2, dtype=np.float64).reshape(G, 2)
    adata.varp["links"] = sparse.csc_matrix(np.eye(G, dtype=np.float32))
    image = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)
    adata.uns["spatial"] = {
        "lib": {
            "images": {"hires": image, "lowres": (image[:2, :3] / 255).astype(np.float32)},
            "scalefactors": {
                "tissue_hires_scalef": 0.25, "tissue_lowres_scalef": 0.05, "spot_diameter_fullres": 89.5,
                "fiducial_diameter_fullres": 144.0},
            "metadata": {"chemistry_description": "custom"},
        }
    }
    adata.uns["layer_colors"] = np.array(["#ff0000", "#00ff00", "#0000ff", "#aaaaaa"], dtype=object)
    adata.uns["number"] = 42
    adata.uns["fraction"] = np.float32(0.5)
    adata.uns["truth"] = True
    adata.uns["nothing"] = None
    adata.uns["name"] = "Größe µm"
    adata.uns["empty"] = {}
    adata.uns["empty_list"] = np.array([], dtype=np.float64)
    adata.uns["strings"] = np.array([["a", "b"], ["", "d"], ["ë", "f"]], dtype=object)
    adata.uns["flags"] = np.array([True, False, True])
    adata.uns["four"] = np.arange(16, dtype=np.int64).reshape(2, 2, 2, 2)
    adata.uns["nested"] = {"deeper": {"deepest": np.arange(3, dtype=np.uint32)}}
    adata.uns["matrix"] = sparse.csc_matrix(np.arange(6, dtype=np.float32).reshape(2, 3))
    adata.uns["factor"] = pd.Categorical(["u", "v", "u"])
    adata.uns["nullable"] = pd.array([1, None, 3], dtype="Int64")
    adata.uns["table"] = pd.DataFrame({"x": [1.5, 2.5]}, index=pd.Index(["p", "q"], name="named"))
    adata.uns["numbered_table"] = pd.DataFrame({"x": [1, 2]}, index=[10, 20])
    adata.uns["rank_genes_groups"] = {
        "names": np.rec.fromarrays([["g1", "g2"], ["g3", "g4"]], names="A,B", formats="O,O"),
        "scores": np.rec.fromarrays([np.float32([1, 2]), np.float32([3, 4])], names="A,B")}
    adata.raw = ad.AnnData(
        sparse.csr_matrix(counts(N, G + 2)), obs=obs[[]], var=pd.DataFrame(index=[f"RAW{j}" for j in range(G + 2)]))
    adata.raw.varm["load"] = np.arange(G + 2, dtype=np.float32).reshape(-1, 1)
    try:
        import awkward

        adata.obsm["ragged"] = awkward.Array([[1] * (i % 3) for i in range(N)])
    except ImportError:
        pass
    return adata


def write(adata, path, **options):
    with ad.settings.override(allow_write_nullable_strings=True):
        adata.write_h5ad(path, convert_strings_to_categoricals=False, **options)
    with h5py.File(path, "r+") as file:
        file.attrs["made_with"] = made_with


def mark(group, kind, kind_version):
    group.attrs["encoding-type"] = kind
    group.attrs["encoding-version"] = kind_version


def bare(file, n=3, g=4):
    """obs and var with names alone, so that the file is an h5ad."""
    mark(file, "anndata", "0.1.0")
    for name, count in [("obs", n), ("var", g)]:
        table = file.create_group(name)
        mark(table, "dataframe", "0.2.0")
        table.attrs["_index"] = "_index"
        table.attrs["column-order"] = np.array([], dtype=np.float64)
        table["_index"] = np.array([f"{name}{i}" for i in range(count)], dtype=object)
        mark(table["_index"], "string-array", "0.2.0")
    file.attrs["made_with"] = made_with


def sparse_group(file, name, data, indices, indptr, shape):
    group = file.create_group(name)
    mark(group, "csr_matrix", "0.1.0")
    group.attrs["shape"] = np.array(shape, dtype=np.int64)
    group["data"], group["indices"], group["indptr"] = data, indices, indptr
    return group


def make(folder):
    write(everything(), folder / "everything.h5ad")
    write(everything(), folder / "everything_gzip.h5ad", compression="gzip")
    write(everything(), folder / "everything_lzf.h5ad", compression="lzf")

    with h5py.File(folder / "unsorted.h5ad", "w") as file:
        # [[7, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, -1]], one entry in two parts, int64 indices.
        bare(file)
        sparse_group(
            file, "X", np.array([2, 3, 4, -1, 3], np.int64), np.array([2, 0, 0, 3, 1], np.int64),
            np.array([0, 3, 3, 5], np.int64), (3, 4))
        file["obs"]["_index"][...] = np.array(["a", "a", "b"], dtype=object)

    # What few files hold: half precision, complex numbers, bytes, a sparse vector, categories that are nullable strings.
    with h5py.File(folder / "rare.h5", "w") as file:
        bare(file)
        file["obs"].attrs["column-order"] = ["waves", "half", "factor"]
        with ad.settings.override(allow_write_nullable_strings=True):
            ad.io.write_elem(file["obs"], "waves", np.array([1 + 2j, -1j, 0]))
            ad.io.write_elem(file["obs"], "half", np.array([0.5, -2, 0.1], np.float16))
            ad.io.write_elem(
                file["obs"], "factor", pd.Categorical.from_codes([1, 0, -1], ["b", "a"]))
            del file["obs/factor/categories"]
            ad.io.write_elem(file["obs/factor"], "categories", pd.array(["b", "a"], dtype="string"))
        uns = file.create_group("uns", track_order=True)
        mark(uns, "dict", "0.1.0")
        for key, value in {
            "z": np.array([1, 2], np.float16), "bytes": np.array([b"a", b"\xff"]), "a": sparse.csr_matrix(np.eye(2) * 1j)}.items():
            ad.io.write_elem(uns, key, value)
        vector = sparse_group(uns, "vector", np.array([1.5]), np.array([3], np.int32), np.array([0, 1], np.int32), [9])
        mark(vector, "csr_matrix", "0.1.0")

    with h5py.File(folder / "not_finite.h5ad", "w") as file:
        bare(file)
        x = np.arange(12, dtype=np.float32).reshape(3, 4)
        x[1, 2], x[2, 0] = np.nan, np.inf
        file["X"] = x
        mark(file["X"], "array", "0.2.0")

    # The same 40 x 30 array in every form a dataset takes: the format of HDF5 1.10 brings the newer chunk indices.
    array = np.arange(1200, dtype=np.int32).reshape(40, 30)
    for name, libver in [("layouts_old.h5", "earliest"), ("layouts_new.h5", "v110")]:
        with h5py.File(folder / name, "w", libver=(libver, "v110"), userblock_size=512 if libver == "v110" else 0) as file:
            file.attrs["made_with"] = made_with
            file["contiguous"] = array
            file.create_dataset("chunked", data=array, chunks=(16, 7))
            file.create_dataset("gzip", data=array, chunks=(16, 7), compression="gzip")
            file.create_dataset("shuffled", data=array, chunks=(40, 8), compression="gzip", shuffle=True)
            file.create_dataset("lzf", data=array, chunks=(9, 30), compression="lzf", shuffle=True)
            file.create_dataset("checked", data=array, chunks=(16, 7), compression="gzip", fletcher32=True)
            file.create_dataset("one_chunk", data=array, chunks=(40, 30), compression="gzip")
            file.create_dataset("growing", data=array, chunks=(16, 7), maxshape=(None, 30), compression="gzip")
            file.create_dataset("growing_both", data=array, chunks=(16, 7), maxshape=(None, None))
            file.create_dataset("big_endian", data=array.astype(">i4"), chunks=(16, 7), compression="gzip")
            file.create_dataset("half", data=(array % 64).astype(np.float16))
            file.create_dataset("swapped", data=array.astype(">f8"))
            partly = file.create_dataset("partly", shape=(40, 30), dtype="i4", chunks=(16, 7), fillvalue=-9)
            partly[:16, :7] = array[:16, :7]
            file.create_dataset("never", shape=(40, 30), dtype="i4", fillvalue=-9)
            file["empty"] = h5py.Empty("f8")
            file["none"] = np.zeros((0, 3))
            file["fixed"] = np.array([b"ab", b"", b"abcd"])
            file["text"] = np.array(["ab", "", "äöü"], dtype=object)
            file.create_dataset("text_gzip", data=np.array(["ab", "", "äöü"] * 50, dtype=object), compression="gzip")
            file.create_dataset("ascii", data=np.array([b"x", b"yz"], dtype=object), dtype=h5py.string_dtype("ascii"))
            file["soft"] = h5py.SoftLink("/gzip")
            file["dangling"] = h5py.SoftLink("/nowhere")
            file["named"] = np.dtype("f4")
            group = file.create_group("group")
            group["again"] = file["contiguous"]
            group.create_group("self")["loop"] = group
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_layout(h5py.h5d.COMPACT)
            plist.set_obj_track_times(False)
            space = h5py.h5s.create_simple((5,))
            compact = h5py.h5d.create(file.id, b"compact", h5py.h5t.NATIVE_INT64, space, dcpl=plist)
            compact.write(h5py.h5s.ALL, h5py.h5s.ALL, np.arange(5))
            plist = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
            plist.set_chunk((5,))
            plist.set_obj_track_times(False)
            plist.set_filter(32015, h5py.h5z.FLAG_OPTIONAL, (3,))
            zstd = h5py.h5d.create(file.id, b"zstd", h5py.h5t.NATIVE_INT64, space, dcpl=plist)
            zstd.write_direct_chunk((0,), b"(\xb5/\xfd not really", 0)

    with h5py.File(folder / "tenx.h5", "w") as file:
        matrix = file.create_group("matrix")
        for key, value in {
            "data": np.int32([1, 2]), "indices": np.int64([0, 1]), "indptr": np.int64([0, 1, 2]),
            "shape": np.int32([3, 2]), "barcodes": np.array([b"AAA-1", b"CCC-1"]),
            "features/id": np.array([b"E0", b"E1", b"E2"])}.items():
            matrix[key] = value


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[2] / "Tests/Fixtures/io"
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        make(Path(scratch))
        for path in sorted(Path(scratch).iterdir()):
            (target / (path.name + ".gz")).write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
