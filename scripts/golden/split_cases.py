#!/usr/bin/env python3
"""Writes Tests/Fixtures/split/split_cases.json: scikit-learn's two stratified splits for odd sizes, ratios and labels.

    pip install scikit-learn==1.9.1 && scripts/golden/split_cases.py Tests/Fixtures/split/split_cases.json
"""
import json
import sys

import numpy as np
import sklearn
from sklearn.model_selection import train_test_split

RATIOS = [(0.6, 0.2, 0.2), (0.7, 0.15, 0.15), (0.5, 0.3, 0.2), (0.34, 0.33, 0.33)]
random = np.random.RandomState(7)
cases = []
for number in range(40):
    n = int(random.randint(24, 90))
    classes = int(random.randint(1, 6))
    # Equal class sizes give ties among the remainders, which are broken by lot.
    labels = np.arange(n) % classes if number % 3 == 0 else random.randint(0, classes, n)
    labels[random.rand(n) < 0.1] = -1
    ratios = RATIOS[number % len(RATIOS)]
    seed = int(random.choice([0, 1, 42, 4294967295]))
    spots = np.flatnonzero(labels >= 0)
    case = {"labels": labels.tolist(), "ratios": ratios, "seed": seed}
    try:
        train, rest = train_test_split(spots, train_size=ratios[0], stratify=labels[spots], random_state=seed)
        val, test = train_test_split(
            rest, train_size=ratios[1] / (1 - ratios[0]), stratify=labels[rest], random_state=seed
        )
        case.update(train=train.tolist(), val=val.tolist(), test=test.tolist())
    except ValueError as error:
        case["error"] = str(error)
    cases.append(case)
print(sum("error" in c for c in cases), "of", len(cases), "are errors")
with open(sys.argv[1], "w") as file:
    json.dump({"scikit_learn": sklearn.__version__, "cases": cases}, file, separators=(",", ":"))
    file.write("\n")
