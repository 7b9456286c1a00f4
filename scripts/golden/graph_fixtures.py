"""Writes the reference graphs of the tests (Tests/Fixtures/graph/squidpy.safetensors): squidpy's on small sets of places.

    python scripts/golden/graph_fixtures.py
    python scripts/golden/graph_fixtures.py --compare SLICE...

The second form prints, for each kind of graph, whether the graph that `stomics preprocess` wrote into an h5ad file is
squidpy's of the same places: the kind and its numbers are read from uns/stomics/recipe.
Needs: squidpy (the file records its version), safetensors.
"""
import sys
import warnings
from pathlib import Path

import numpy as np

warnings.filterwarnings("ignore")
from squidpy.gr.neighbors import DelaunayBuilder, GridBuilder, KNNBuilder, RadiusBuilder  # noqa: E402


def hexagons(rows, columns):
    """Places of Visium's lattice in pixels, turned a little, as whole numbers."""
    row, column = np.divmod(np.arange(rows * columns), columns)
    x, y = 137.0 * (column + 0.5 * (row % 2)), 137.0 * np.sqrt(3) / 2 * row
    return np.round(np.stack([x * np.cos(0.01) - y * np.sin(0.01), x * np.sin(0.01) + y * np.cos(0.01)], 1) + 900)


def squares(rows, columns):
    row, column = np.divmod(np.arange(rows * columns), columns)
    return np.stack([100.0 * column, 100.0 * row], 1)


def fixtures():
    from importlib.metadata import version

    from safetensors.numpy import save_file
    rng = np.random.default_rng(20)
    tissue = np.flatnonzero(rng.random(14 * 12) > 0.12)
    places = {
        "random": rng.random((160, 2)) * [900, 400],
        "cells": np.round(rng.normal(size=(150, 2)) * 300, 3),
        "hexagons": hexagons(14, 12)[tissue],
        "squares": squares(11, 13)[rng.random(11 * 13) > 0.1],
    }
    twice = places["random"][:60].copy()
    twice[50:] = twice[:10]
    places["twice"] = twice
    graphs = {}
    for name, builder in {
        "random_radius": RadiusBuilder(80.0), "random_band": RadiusBuilder((40.0, 90.0)),
        "twice_radius": RadiusBuilder(120.0),
        "random_delaunay": DelaunayBuilder(), "cells_delaunay": DelaunayBuilder(),
        "random_delaunay_edge": DelaunayBuilder(radius=70.0),
        "cells_delaunay_percentile": DelaunayBuilder(percentile=90),
        "cells_delaunay_both": DelaunayBuilder(radius=300.0, percentile=95),
        "hexagons_rings1": GridBuilder(), "hexagons_rings3": GridBuilder(n_rings=3),
        "squares_rings1": GridBuilder(n_neighs=4), "squares_rings2": GridBuilder(n_neighs=4, n_rings=2),
        "squares_six_rings2": GridBuilder(n_neighs=6, n_rings=2),
    }.items():
        graphs[name] = builder.build(places[name.split("_")[0]])
    arrays = {}
    for name, values in places.items():
        arrays[name] = np.ascontiguousarray(values, dtype=np.float64)
    for name, (connectivities, distances) in graphs.items():
        connectivities.sort_indices()
        arrays[name + ".indptr"] = connectivities.indptr.astype(np.uint16)
        arrays[name + ".indices"] = connectivities.indices.astype(np.uint8)
        arrays[name + ".distances"] = np.asarray(
            [distances[i, j] for i, j in zip(*connectivities.nonzero())], dtype=np.float32)
    versions = {name: version(name) for name in ("squidpy", "scipy", "scikit-learn", "numpy")}
    target = Path(__file__).parents[2] / "Tests/Fixtures/graph/squidpy.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    save_file(arrays, target, versions)
    print(target, target.stat().st_size, "bytes", versions)


def compare(path):
    import anndata
    slice = anndata.read_h5ad(path)
    recipe = {k: v if isinstance(v, str) else float(v) for k, v in slice.uns["stomics"]["recipe"]["graph"].items()}
    kind = recipe.get("kind", "knn")
    if kind == "knn":
        builder = KNNBuilder(int(recipe["neighbours"]))
    elif kind == "grid":
        builder = GridBuilder(n_neighs=6, n_rings=int(recipe["rings"]))
    elif kind == "radius":
        builder = RadiusBuilder(recipe["radius"])
    else:
        builder = DelaunayBuilder(radius=recipe.get("max_edge"))
    connectivities, distances = builder.build(np.asarray(slice.obsm["spatial"]))
    own, wanted = slice.obsp["spatial_connectivities"], connectivities
    other = (own != wanted).nnz
    worst = abs(slice.obsp["spatial_distances"].multiply(wanted) - distances.multiply(own)).max()
    print(f"{path}: {recipe}: {own.nnz} edges, squidpy {wanted.nnz}, {other} in one only, distances differ by {worst:g}")
    print("  params:", slice.uns["spatial_neighbors"]["params"], "squidpy:", builder.uns_params())


if sys.argv[1:2] == ["--compare"]:
    for path in sys.argv[2:]:
        compare(path)
else:
    fixtures()
