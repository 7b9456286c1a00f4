"""Benchmarks/accuracy: test scores over seeds on a real slice, ours and the published system in the same run."""

import json
import pathlib
import statistics
import tempfile

from .common import (
    Failure, main, note, ours, parser, peer, preprocess_ours, preprocess_peer, real_slice, run, table, write,
)  # fmt: skip


def train_ours(data, folder, options, split_seed, seed):
    output = pathlib.Path(folder) / f"run-{split_seed}-{seed}"
    run(
        ours(
            "train", data, "--mode", options.mode, "--fusion", options.fusion.replace("_", "-"), "--graph-direction",
            "reverse-knn", "--split", "sklearn", "--split-seed", str(split_seed), "--seed", str(seed), "--label-key",
            options.label_key, "--threads", str(options.threads), "-o", output, "--quiet",
        )
    )  # fmt: skip
    return json.loads((output / "metrics.json").read_text())


def train_peer(data, options, split_seed, seed):
    return run(
        peer(
            "train", data, "--mode", options.mode, "--fusion", options.fusion, "--split-seed", str(split_seed), "--seed",
            str(seed), "--label-key", options.label_key, "--threads", str(options.threads),
        )
    ).json()  # fmt: skip


def controls(data, options, split_seed):
    return run(peer("controls", data, "--label-key", options.label_key, "--split-seed", str(split_seed))).json()


def mean_and_sd(values):
    return f"{statistics.mean(values):.3f} ± {statistics.stdev(values):.3f}" if len(values) > 1 else f"{values[0]:.3f}"


def compare(label, rows):
    """A table and a verdict for a list of {split_seed, seed, ours, peer, controls} (scores of the test spots)."""
    columns = {
        "ours": [r["ours"]["ari"] for r in rows],
        "peer": [r["peer"]["ari"] for r in rows],
        "vote": [r["controls"]["nearest_5"]["ari"] for r in rows],
        "ridge": [r["controls"]["kernel_ridge"]["ari"] for r in rows],
    }
    lines = [
        [r["split_seed"], r["seed"], *(f"{values[i]:.3f}" for values in columns.values()),
         f"{r['ours']['accuracy']:.3f}", f"{r['peer']['accuracy']:.3f}"]
        for i, r in enumerate(rows)
    ]  # fmt: skip
    accuracies = [mean_and_sd([r[side]["accuracy"] for r in rows]) for side in ("ours", "peer")]
    lines.append(["mean ± sd", "", *(mean_and_sd(values) for values in columns.values()), *accuracies])
    header = [
        "split seed", "weight seed", "stomics ARI", "Python ARI", "5 nearest labelled spots, no genes",
        "kernel ridge on coordinates, no genes", "stomics accuracy", "Python accuracy",
    ]  # fmt: skip
    low, high = min(columns["peer"]), max(columns["peer"])
    mean = statistics.mean(columns["ours"])
    inside = sum(low <= value <= high for value in columns["ours"])
    difference = [a - b for a, b in zip(columns["ours"], columns["peer"])]
    verdict = (
        f"The mean of stomics, {mean:.3f}, lies {'inside' if low <= mean <= high else 'OUTSIDE'} the interval of the Python runs, "
        f"[{low:.3f}, {high:.3f}]; {inside} of its {len(rows)} runs do. Paired difference {mean_and_sd(difference)}."
    )
    return f"## {label}\n\n{table(header, lines)}\n\n{verdict}"


def accuracy():
    arguments = parser(__doc__, repeats=1)
    arguments.add_argument("--mode", default="full", choices=["expr_only", "gat_only", "gcn_only", "concat", "full", "gcn_full"])
    arguments.add_argument("--knn-k", type=int, default=6, help="neighbours of a spot (default: %(default)s)")
    arguments.add_argument("--fusion", default="cross_attention", choices=["cross_attention", "gated"])
    arguments.add_argument("--seeds", default="42,43,44,45,46", help="seeds, with commas between")
    arguments.add_argument("--weight-seeds", action="store_true", help="also vary the weights' seed alone, at the first split")
    options = arguments.parse_args()
    path = pathlib.Path(options.slice) if options.slice else real_slice()
    if path is None or not path.exists():
        raise Failure("no real slice: set STOMICS_REAL_DATA to the folder that holds dlpfc/151673.h5ad, or name one with --slice.")
    seeds = [int(seed) for seed in options.seeds.split(",")]
    plans = {"Split and weights by one seed": [(seed, seed) for seed in seeds]}
    if options.weight_seeds:
        plans[f"Weights' seed alone, split {seeds[0]}"] = [(seeds[0], seed) for seed in seeds]

    found, parts, done = {}, [], {}
    with tempfile.TemporaryDirectory() as folder:
        note("Preprocessing for both")
        preprocess_ours(path, f"{folder}/ours.h5ad", options.label_key, options.threads, neighbours=options.knn_k)
        preprocess_peer(path, f"{folder}/peer.h5ad", options.label_key, options.knn_k)
        for label, plan in plans.items():
            for pair in plan:
                if pair in done:
                    continue
                note(f"  split seed {pair[0]}, weight seed {pair[1]}")
                mine = train_ours(f"{folder}/ours.h5ad", folder, options, *pair)
                theirs = train_peer(f"{folder}/peer.h5ad", options, *pair)
                done[pair] = {
                    "split_seed": pair[0], "seed": pair[1], "ours": mine["test"], "ours_controls": mine.get("controls"),
                    "peer": theirs["test"], "peer_epochs": theirs["epochs"],
                    "controls": controls(f"{folder}/peer.h5ad", options, pair[0]),
                }  # fmt: skip
            found[label] = [done[pair] for pair in plan]
            parts.append(compare(label, found[label]))
    fusion = options.fusion if options.mode in ("full", "gcn_full") else ""
    about = (
        f"{path.stem}, {' '.join([options.mode, fusion]).strip()}, k = {options.knn_k}, reverse-knn graph, the published "
        "stratified 60/20/20 split of scikit-learn; scores of the test spots. The controls see coordinates only."
    )
    name = "-".join(word for word in ("accuracy", options.mode, fusion) if word)
    if options.knn_k != 6:
        name += f"-k{options.knn_k}"
    write(name, about, "\n\n".join(parts), {"runs": found})


main(accuracy)
