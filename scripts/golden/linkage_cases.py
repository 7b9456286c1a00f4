#!/usr/bin/env python3
"""Writes Tests/Fixtures/metrics/linkage.json: SciPy's hierarchical clustering of small tables.

    pip install scipy==1.17.1 && scripts/golden/linkage_cases.py Tests/Fixtures/metrics/linkage.json
"""
import json
import sys

import numpy as np
import scipy
from scipy.cluster.hierarchy import fcluster, linkage

generator = np.random.default_rng(7)
rows = (generator.normal(size=(24, 5)) + 2 * generator.integers(0, 3, size=(24, 1))).round(4)
cases = []
for method, metric in [("average", "cosine"), ("average", "euclidean"), ("ward", "euclidean")]:
    tree = linkage(rows, method=method, metric=metric)
    cases.append(
        {
            "method": method,
            "metric": metric,
            "tree": tree.tolist(),
            "clusters": {str(k): fcluster(tree, k, criterion="maxclust").tolist() for k in (2, 3, 6)},
        }
    )
unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
tree = linkage(unit, method="ward")
cases.append(
    {
        "method": "ward",
        "metric": "cosine",
        "tree": tree.tolist(),
        "clusters": {str(k): fcluster(tree, k, criterion="maxclust").tolist() for k in (2, 3, 6)},
    }
)
with open(sys.argv[1], "w") as file:
    json.dump({"scipy": scipy.__version__, "rows": rows.tolist(), "cases": cases}, file)
    file.write("\n")
