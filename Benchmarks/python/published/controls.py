"""Coordinates-only controls: classifiers that see no gene, scored on the split of the models."""

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from .training import scores


def spot_pitch(coordinates):
    """Median distance of a spot to its nearest other spot, in the units of the coordinates."""
    distances, _ = NearestNeighbors(n_neighbors=2).fit(coordinates).kneighbors(coordinates)
    return float(np.median(distances[:, 1]))


def coordinate_controls(coordinates, labels, train, test):
    """Scores of a distance-weighted vote of 5 and of Gaussian kernel ridge (width 2.5 pitches, lambda 0.1)."""
    vote = KNeighborsClassifier(5, weights="distance").fit(coordinates[train], labels[train])
    width = 2.5 * spot_pitch(coordinates)
    ridge = KernelRidge(alpha=0.1, kernel="rbf", gamma=1 / (2 * width**2))
    ridge.fit(coordinates[train], np.eye(labels.max() + 1)[labels[train]])
    return {
        "nearest_5": scores(labels[test], vote.predict(coordinates[test])),
        "kernel_ridge": scores(labels[test], ridge.predict(coordinates[test]).argmax(1)),
    }
