"""Benchmarks/epoch: one training epoch (step + evaluation) of full cross-attention, k = 6, and peak memory."""

import json
import pathlib
import tempfile

from .common import (
    VERSUS_HEADER, alternate, main, note, ours, parser, peer, preprocess_ours, preprocess_peer, run, slices, summary,
    table, versus, write,
)  # fmt: skip


def train_ours(data, label_key, folder, options):
    """Returns (metrics.json's timing, peak MB)."""
    output = pathlib.Path(folder) / "run"
    done = run(
        ours(
            "train", data, "--mode", "full", "--fusion", "cross-attention", "--graph-direction", "reverse-knn",
            "--label-key", label_key, "--epochs", str(options.epochs), "--patience", str(options.epochs),
            "--threads", str(options.threads), "-o", output, "--overwrite", "--quiet",
        )
    )  # fmt: skip
    return json.loads((output / "metrics.json").read_text())["timing"], done.megabytes


def train_peer(data, label_key, options):
    """Returns (its result, peak MB)."""
    done = run(
        peer(
            "train", data, "--label-key", label_key, "--epochs", str(options.epochs), "--patience",
            str(options.epochs), "--threads", str(options.threads),
        )
    )  # fmt: skip
    return done.json(), done.megabytes


def epoch():
    arguments = parser(__doc__, repeats=4)
    arguments.add_argument("--epochs", type=int, default=20, help="epochs a run")
    options = arguments.parse_args()
    peak = run(peer("peak", "--threads", str(options.threads))).json()["gflop_per_second"]
    parts, values = [], {"gflop_per_second": peak}
    with tempfile.TemporaryDirectory() as folder:
        for name, path, label_key in slices(options):
            note(f"{name}: preprocessing for both")
            preprocess_peer(path, f"{folder}/peer.h5ad", label_key)
            preprocess_ours(path, f"{folder}/ours.h5ad", label_key, options.threads)
            found = alternate(
                options.repeats,
                ours=lambda: train_ours(f"{folder}/ours.h5ad", label_key, folder, options),
                peer=lambda: train_peer(f"{folder}/peer.h5ad", label_key, options),
            )
            timings = [timing for timing, _ in found["ours"]]
            steps = [seconds for result, _ in found["peer"] for seconds in result["step_seconds"][1:]]
            evaluations = [seconds for result, _ in found["peer"] for seconds in result["evaluation_seconds"][1:]]
            peer_epochs = [a + b for a, b in zip(steps, evaluations)]
            memory = {key: [megabytes for _, megabytes in runs] for key, runs in found.items()}

            ours_min = min(t["epoch_seconds_min"] for t in timings) * 1000
            ours_median = summary([t["epoch_seconds_median"] for t in timings])["median"] * 1000
            theirs = summary([seconds * 1000 for seconds in peer_epochs])
            gflop = timings[0]["gflop_per_epoch"]
            bound = gflop / peak * 1000
            rows = [
                [
                    "epoch, ms", f"{ours_min:.1f} / {ours_median:.1f}", f"{theirs['min']:.1f} / {theirs['median']:.1f}",
                    f"{theirs['min'] / ours_min:.1f} / {theirs['median'] / ours_median:.1f}",
                ],
                versus("peak memory of the process", "MB", memory["ours"], memory["peer"], 0),
            ]  # fmt: skip
            share = summary([t["first_layer_share"] for t in timings])["median"]
            parts.append(
                f"## {name}\n\n{table(VERSUS_HEADER, rows)}\n\n"
                f"Python: step {min(steps) * 1000:.0f} ms, evaluation {min(evaluations) * 1000:.0f} ms (minima). "
                f"stomics: {gflop:.2f} GFLOP an epoch; at this machine's {peak:.0f} GFLOP/s in float32 matrix products "
                f"({options.threads} threads, measured in this run) the bound is {bound:.1f} ms: "
                f"{100 * bound / ours_min:.0f} % of peak at the minimum. The sparse first layer takes {100 * share:.0f} % of the epoch."
            )
            values[name] = {
                "ours_timing": timings, "peer_step_seconds": steps, "peer_evaluation_seconds": evaluations,
                "megabytes": memory, "bound_milliseconds": bound,
            }  # fmt: skip
    about = (
        f"One epoch = training step + evaluation of all spots, full cross-attention, k = 6, {options.threads} threads; "
        f"{options.repeats} alternating runs of {options.epochs} epochs, the first epoch of each left out for the peer. "
        "Memory: whole process, reading the preprocessed file included."
    )
    write("epoch", about, "\n\n".join(parts), values)


main(epoch)
