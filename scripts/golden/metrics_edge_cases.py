#!/usr/bin/env python3
"""Writes Tests/Fixtures/metrics/edge_cases.json: scikit-learn's values where labels are missing, constant or alone.

    pip install scikit-learn==1.9.1 && scripts/golden/metrics_edge_cases.py Tests/Fixtures/metrics/edge_cases.json
"""
import json
import sys
import warnings

import sklearn
from sklearn import metrics

warnings.simplefilter("ignore")
CASES = {
    "prediction_outside_truth": ([0, 0, 1, 1, 2, 2], [3, 0, 1, 3, 2, 2]),
    "one_true_class": ([1, 1, 1, 1], [0, 1, 1, 2]),
    "two_spots_swapped": ([0, 1], [1, 0]),
    "one_spot_right": ([2], [2]),
    "one_spot_wrong": ([2], [0]),
    "negative_ari": ([0, 0, 1, 1], [0, 1, 0, 1]),
    "large_labels": ([5, 5, 900, 900, 900, 17], [17, 17, 17, 900, 900, 5]),
    "all_apart": ([0, 1, 2, 3], [3, 2, 1, 0]),
}
cases = [
    {
        "name": name,
        "true": true,
        "pred": pred,
        "metrics": {
            "ari": metrics.adjusted_rand_score(true, pred),
            "nmi": metrics.normalized_mutual_info_score(true, pred),
            "ami": metrics.adjusted_mutual_info_score(true, pred),
            "fmi": metrics.fowlkes_mallows_score(true, pred),
            "hcv": list(metrics.homogeneity_completeness_v_measure(true, pred)),
            "accuracy": metrics.accuracy_score(true, pred),
            "balanced_accuracy": metrics.balanced_accuracy_score(true, pred),
            "macro_f1": metrics.f1_score(true, pred, average="macro"),
            "weighted_f1": metrics.f1_score(true, pred, average="weighted"),
            "mcc": metrics.matthews_corrcoef(true, pred),
            "kappa": float(metrics.cohen_kappa_score(true, pred)),
        },
    }
    for name, (true, pred) in CASES.items()
]
text = json.dumps({"scikit_learn": sklearn.__version__, "cases": cases}).replace("NaN", "null")
with open(sys.argv[1], "w") as file:
    file.write(text + "\n")
