"""Benchmarks/whole-job: slice to map (preprocess, train to the early stop, predict, draw), ours and Python."""

import json
import pathlib
import shutil
import tempfile

from .common import (
    VERSUS_HEADER, alternate, main, ours, parser, peer, preprocess_ours, run, slices, summary, table, versus, write,
)  # fmt: skip


def job_ours(path, label_key, folder, options):
    """Our four commands one after the other; returns seconds by stage, the epochs run, and the largest peak."""
    folder = pathlib.Path(folder) / "ours"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    threads = ["--threads", str(options.threads), "--quiet"]
    stages = {
        "preprocess": preprocess_ours(path, folder / "slice.h5ad", label_key, options.threads),
        "train": run(
            ours(
                "train", folder / "slice.h5ad", "--mode", "full", "--fusion", "cross-attention", "--graph-direction",
                "reverse-knn", "--label-key", label_key, "-o", folder / "run", *threads,
            )
        ),
        "predict": run(ours("predict", folder / "run", folder / "slice.h5ad", "-o", folder / "predicted.h5ad", *threads)),
        "map": run(ours("plot", "domains", folder / "predicted.h5ad", "-o", folder / "domains.png", "--quiet")),
    }  # fmt: skip
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    return {
        "seconds": sum(stage.seconds for stage in stages.values()),
        "stage_seconds": {name: stage.seconds for name, stage in stages.items()},
        "processor_seconds": sum(stage.processor_seconds for stage in stages.values()),
        "megabytes": max(stage.megabytes for stage in stages.values()),
        "epochs": metrics["epochs"],
        "ari": metrics["test"]["ari"],
    }


def job_peer(path, label_key, folder, options):
    """The Python job in one process, so that it pays for its imports once."""
    shutil.rmtree(f"{folder}/peer", ignore_errors=True)
    done = run(
        peer(
            "job", path, "-o", f"{folder}/peer", "--label-key", label_key, "--threads", str(options.threads),
        )
    )  # fmt: skip
    result = done.json()
    return {
        "seconds": done.seconds,
        "processor_seconds": done.processor_seconds,
        "stage_seconds": result["stage_seconds"],
        "megabytes": done.megabytes,
        "epochs": result["epochs"],
        "ari": result["test"]["ari"],
    }


def whole_job():
    options = parser(__doc__, repeats=3).parse_args()
    parts, values = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name, path, label_key in slices(options):
            found = alternate(
                options.repeats,
                ours=lambda: job_ours(path, label_key, folder, options),
                peer=lambda: job_peer(path, label_key, folder, options),
            )

            def each(key, side):
                return [job[key] for job in found[side]]

            rows = [
                versus("whole job", "s", each("seconds", "ours"), each("seconds", "peer")),
                versus("processor time, all threads", "s", each("processor_seconds", "ours"), each("processor_seconds", "peer")),
                versus("largest process", "MB", each("megabytes", "ours"), each("megabytes", "peer"), 0),
            ]
            stages = [
                [side, " · ".join(f"{s} {summary([j['stage_seconds'][s] for j in jobs])['median']:.2f}" for s in jobs[0]["stage_seconds"]),
                 jobs[0]["epochs"], f"{jobs[0]['ari']:.3f}"]
                for side, jobs in (("stomics", found["ours"]), ("Python", found["peer"]))
            ]  # fmt: skip
            parts.append(
                f"## {name}\n\n{table(VERSUS_HEADER, rows)}\n\n"
                + table(["", "stages, median s", "epochs to the early stop", "test ARI"], stages)
            )
            values[name] = found
    about = (
        f"Preprocess, train full cross-attention (k = 6, seed 42) to its early stop, predict all spots, draw the map; "
        f"{options.threads} threads. Ours: four processes; Python: one."
    )
    write("whole-job", about, "\n\n".join(parts), {"slices": values})


main(whole_job)
