"""Files of old anndata versions: writes one with each, and checks that stomics reads what was put in.

    python scripts/golden/old_writers.py FOLDER [--stomics BINARY] [--fixtures]

Needs anndata (a current one), a package index, and the older Pythons as `python3.6` ... on the path or under
~/.pyenv/versions. FOLDER keeps a virtual environment for each version and the file it wrote. Each file goes through
`stomics convert`; the copy must hold the values that `fill` put in, and equal what the current anndata reads from the
original, where it can. `--fixtures` writes the files of `kept` to Tests/Fixtures/io.

`handmade` writes the layout of versions before 0.6 with h5py alone (every table a compound dataset, categories in uns).
Versions stand in each file's root attribute `made_with`.
"""
import argparse
import gzip
import os
import subprocess
import sys
import tempfile
import warnings

N, G = 12, 7
# anndata, Python, and what it needs in its time.
old = [
    ("0.4.4", "3.6", ["pandas<0.25", "numpy<1.17", "h5py<3", "scipy<1.3"]),
    ("0.5.10", "3.6", ["pandas<0.25", "numpy<1.17", "h5py<3", "scipy<1.3"]),
    ("0.6.6", "3.6", ["pandas<0.25", "numpy<1.17", "h5py<3", "scipy<1.3"]),
    ("0.6.22.post1", "3.7", ["pandas<0.26", "numpy<1.20", "h5py<3", "scipy<1.5"]),
    ("0.7", "3.7", ["pandas<1.1", "numpy<1.20", "h5py<3", "scipy<1.5"]),
    ("0.7.8", "3.8", ["pandas<1.4", "numpy<1.22", "h5py<3.2"]),
    ("0.8.0", "3.8", ["pandas<1.6"]),
    ("0.9.2", "3.9", ["pandas<2.2"]),
    ("0.10.9", "3.10", []),
    ("0.11.4", "3.10", []),
    ("0.12.19", "3.12", []),
]
# Those whose layout differs from the others'.
kept = ["0.4.4", "0.6.22.post1", "0.7", "0.7.8", "0.8.0", "handmade"]

labels = ["WM", "Layer1", None, "Layer2"]


def counts(n, g):
    """[n][g]: (i * g + j) % 5."""
    return [[float((i * g + j) % 5) for j in range(g)] for i in range(n)]


def columns():
    """The columns of obs by name."""
    return {
        "whole": [i * 1000 - 3 for i in range(N)],
        "real": [i / 4.0 for i in range(N)],
        "flag": [i % 3 == 0 for i in range(N)],
        "text": ["word %d" % (i * i) for i in range(N)],
        "layer": [labels[i % 4] for i in range(N)],
        "cluster": [str(i % 3) for i in range(N)],
    }


def write(path):
    """Runs under an old Python: writes what this version of anndata can hold."""
    import anndata
    import h5py
    import numpy as np
    import pandas as pd
    import scipy
    from scipy import sparse

    warnings.filterwarnings("ignore")
    values = columns()
    obs = pd.DataFrame(index=["AACG-%d" % i for i in range(N)])
    obs["whole"] = np.array(values["whole"])
    obs["real"] = np.array(values["real"], dtype=np.float32)
    obs["flag"] = np.array(values["flag"])
    obs["text"] = values["text"]
    obs["layer"] = pd.Categorical(values["layer"], categories=["WM", "Layer1", "Layer2", "unused"])
    obs["cluster"] = pd.Categorical(values["cluster"], ordered=True)
    var = pd.DataFrame(index=["GENE%d" % j for j in range(G)])
    var["gene_ids"] = ["ENSG%05d" % j for j in range(G)]
    x = np.array(counts(N, G), dtype=np.float32)
    numbers = tuple(int(part) for part in str(anndata.__version__).split(".")[:2])
    data = anndata.AnnData(sparse.csr_matrix(x), obs=obs, var=var)
    if hasattr(data, "layers"):
        data.layers["counts"] = sparse.csc_matrix(x)
    data.obsm["spatial"] = np.stack([np.arange(N) * 10.5, 1000 - np.arange(N)], axis=1)
    data.varm["PCs"] = np.arange(G * 2, dtype=np.float64).reshape(G, 2)
    graph = sparse.csr_matrix(np.eye(N, k=1) + np.eye(N, k=-1))
    if numbers >= (0, 7):
        data.obsp["connectivities"] = graph
        data.uns["neighbors"] = {"connectivities_key": "connectivities", "params": {"n_neighbors": 2}}
    else:
        data.uns["neighbors"] = {"connectivities": graph, "params": {"n_neighbors": 2}}
    data.uns["layer_colors"] = np.array(["#ff0000", "#00ff00", "#0000ff", "#aaaaaa"])
    data.uns["number"] = 42
    data.uns["name"] = "a name"
    data.uns["nested"] = {"deeper": {"three": np.arange(3)}}
    data.uns["groups"] = {"scores": np.rec.fromarrays([np.float32([1, 2]), np.float32([3, 4])], names="A,B")}
    wide = anndata.AnnData(np.array(counts(N, G + 2), dtype=np.float32), obs=obs[[]] if numbers >= (0, 7) else obs,
                           var=pd.DataFrame({"extra": np.arange(G + 2)}, index=["RAW%d" % j for j in range(G + 2)]))
    data.raw = wide
    (data.write_h5ad if hasattr(data, "write_h5ad") else data.write)(path)
    note = [("anndata", anndata), ("h5py", h5py), ("numpy", np), ("pandas", pd), ("scipy", scipy)]
    with h5py.File(path, "r+") as file:
        file.attrs["made_with"] = ", ".join("%s %s" % (name, module.__version__) for name, module in note)


def handmade(path):
    """The layout before 0.6, and what later writers left out: big-endian matrices, fixed strings, codes of uint32."""
    import h5py
    import numpy as np

    values = columns()
    with h5py.File(path, "w") as file:
        file.attrs["made_with"] = "h5py " + h5py.__version__
        x = np.array(counts(N, G), dtype=np.float32)
        rows, places = np.nonzero(x)
        group = file.create_group("X")
        group.attrs["h5sparse_format"] = np.bytes_("csr")
        group.attrs["h5sparse_shape"] = np.array([N, G])
        group["data"] = x[rows, places].astype(">f4")
        group["indices"] = places.astype(">i4")
        group["indptr"] = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=N))]).astype(">i8")
        labels = ["WM", "Layer1", "Layer2", "unused"]
        obs = np.zeros(N, dtype=[
            ("index", "S10"), ("whole", "<i8"), ("real", "<f4"), ("flag", "i1"), ("text", "S12"), ("layer", "<i8"), ("cluster", "u4")])
        obs["index"] = [b"AACG-%d" % i for i in range(N)]
        for name in ["whole", "real", "flag"]:
            obs[name] = values[name]
        obs["text"] = [value.encode() for value in values["text"]]
        obs["layer"] = [labels.index(value) if value else -1 for value in values["layer"]]
        obs["cluster"] = [int(value) for value in values["cluster"]]
        file["obs"] = obs
        file["var"] = np.array([(b"GENE%d" % j, b"ENSG%05d" % j) for j in range(G)], dtype=[("index", "S8"), ("gene_ids", "S10")])
        obsm = np.zeros(N, dtype=[("spatial", "<f8", (2,))])
        obsm["spatial"] = np.stack([np.arange(N) * 10.5, 1000 - np.arange(N)], axis=1)
        file["obsm"] = obsm
        varm = np.zeros(G, dtype=[("PCs", "<f8", (2,))])
        varm["PCs"] = np.arange(G * 2).reshape(G, 2)
        file["varm"] = varm
        uns = file.create_group("uns")
        uns["layer_categories"] = np.array([label.encode() for label in labels])
        uns["cluster_categories"] = np.array([b"0", b"1", b"2"])
        uns["layer_colors"] = np.array([b"#ff0000", b"#00ff00", b"#0000ff", b"#aaaaaa"])
        uns["number"] = np.array([42])
        uns["name"] = np.array([b"a name"])
        uns["nested/deeper/three"] = np.arange(3)
        file["raw.X"] = np.array(counts(N, G + 2), dtype=np.float32)
        raw = np.zeros(G + 2, dtype=[("index", "S6"), ("extra", "<i8")])
        raw["index"] = [b"RAW%d" % j for j in range(G + 2)]
        raw["extra"] = np.arange(G + 2)
        file["raw.var"] = raw


def put_in(data):
    """Where data read by the current anndata differ from what `write` and `handmade` put in."""
    import numpy as np

    def dense(x):
        return np.asarray(x.todense() if hasattr(x, "todense") else x)

    def expect(name, found, wanted):
        if found != wanted:
            yield "%s: %r, not %r" % (name, found, wanted)

    yield from expect("obs_names", list(data.obs_names), ["AACG-%d" % i for i in range(N)])
    yield from expect("var_names", list(data.var_names), ["GENE%d" % j for j in range(G)])
    yield from expect("X", dense(data.X).tolist(), counts(N, G))
    for name, values in columns().items():
        found = [None if value != value else value for value in data.obs[name].tolist()]
        yield from expect("obs/" + name, found, values)
    # Text of few values became categories when written, as it still does.
    yield from expect("obs/layer", list(data.obs["layer"].cat.categories), ["WM", "Layer1", "Layer2", "unused"])
    yield from expect("obs/cluster", list(data.obs["cluster"].cat.categories), ["0", "1", "2"])
    yield from expect("var/gene_ids", data.var["gene_ids"].tolist(), ["ENSG%05d" % j for j in range(G)])
    yield from expect("spatial", data.obsm["spatial"].tolist(), [[i * 10.5, 1000.0 - i] for i in range(N)])
    yield from expect("PCs", data.varm["PCs"].tolist(), [[j * 2.0, j * 2.0 + 1] for j in range(G)])
    yield from expect("colors", list(data.uns["layer_colors"]), ["#ff0000", "#00ff00", "#0000ff", "#aaaaaa"])
    yield from expect("number", int(np.asarray(data.uns["number"]).ravel()[0]), 42)
    yield from expect("name", str(np.asarray(data.uns["name"]).ravel()[0]), "a name")
    yield from expect("nested", data.uns["nested"]["deeper"]["three"].tolist(), [0, 1, 2])
    yield from expect("raw", dense(data.raw.X).tolist(), counts(N, G + 2))
    yield from expect("raw names", list(data.raw.var_names), ["RAW%d" % j for j in range(G + 2)])
    yield from expect("raw var", data.raw.var["extra"].tolist(), list(range(G + 2)))
    if "layers" in dir(data) and "counts" in data.layers:
        yield from expect("layers/counts", dense(data.layers["counts"]).tolist(), counts(N, G))
    if "neighbors" in data.uns:
        yield from expect("graph", dense(data.obsp["connectivities"]).tolist(), (np.eye(N, k=1) + np.eye(N, k=-1)).tolist())
    if "groups" in data.uns:
        yield from expect("records", data.uns["groups"]["scores"].tolist(), [(1.0, 3.0), (2.0, 4.0)])


def python_of(version):
    """A Python of that version."""
    import shutil
    from pathlib import Path

    found = shutil.which("python" + version)
    if found and subprocess.call([found, "-c", ""], stderr=subprocess.DEVNULL) == 0:
        return found
    for path in sorted(Path.home().glob(".pyenv/versions/%s.*/bin/python" % version)):
        return str(path)


def make(folder):
    """Writes a file with every version that can be installed; yields name and path."""
    for version, python, needs in old:
        path = folder / ("anndata-%s.h5ad" % version)
        environment = folder / ("venv-" + version)
        if not path.exists():
            found = python_of(python)
            if not found:
                print("anndata %s: no Python %s here" % (version, python))
                continue
            try:
                if not (environment / "bin/python").exists():
                    subprocess.run([found, "-m", "venv", str(environment)], check=True)
                run = str(environment / "bin/python")
                if subprocess.call([run, "-c", "import anndata"], stderr=subprocess.DEVNULL):
                    install = [run, "-m", "pip", "install", "--quiet", "--prefer-binary", "anndata==" + version]
                    subprocess.run(install + needs, check=True)
                subprocess.run([run, __file__, "--write", str(path)], check=True)
            except subprocess.CalledProcessError as error:
                print("anndata %s: %s" % (version, error))
                continue
        yield version, path
    path = folder / "handmade.h5ad"
    handmade(path)
    yield "handmade", path


def main():
    from pathlib import Path

    top = Path(__file__).resolve().parents[2]
    sys.path.insert(0, str(top / "scripts"))
    import anndata as ad
    from check_anndata import Comparison, find_stomics

    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path, help="keeps the environments and the files")
    parser.add_argument("--stomics", help="the binary (default: the one under .build)")
    parser.add_argument("--fixtures", action="store_true", help="write Tests/Fixtures/io")
    options = parser.parse_args()
    stomics = options.stomics or find_stomics()
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = False
    for name, path in make(options.folder):
        lines = []
        with tempfile.TemporaryDirectory() as scratch:
            copy = os.path.join(scratch, "copy.h5ad")
            run = subprocess.run([stomics, "convert", str(path), copy, "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            if run.returncode:
                lines.append("stomics convert ended with %d: %s" % (run.returncode, run.stderr.decode()))
            else:
                read = ad.read_h5ad(copy)
                lines += put_in(read)
                try:
                    original = ad.read_h5ad(path)
                except Exception as error:
                    print("%s: the current anndata cannot read it: %s" % (name, str(error).split("\n")[0]))
                else:
                    lines += Comparison().differences(original, read, "")
        print("%s: %s" % (name, "equal" if not lines else "%d differences" % len(lines)))
        for line in lines:
            print("  " + line[:400])
        failed = failed or bool(lines)
        if options.fixtures and name in kept:
            target = top / "Tests/Fixtures/io" / (path.name + ".gz")
            target.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        write(sys.argv[2])
    else:
        main()
