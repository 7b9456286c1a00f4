"""Benchmarks/modes: one training epoch (step + evaluation) of every published mode, and trainings side by side.

Simulated slices have the spot counts of the twelve DLPFC slices; real 151673 comes beside them where it is at hand.
Features that a mode reads from obsm are random numbers of the published widths: a speed does not depend on them.
"""

import json
import pathlib
import shutil
import statistics
import subprocess
import tempfile

import h5py
import numpy as np

from .common import (
    LABEL_KEY, SIMULATED_LABEL_KEY, Failure, alternate, main, note, ours, parser, peer, preprocess_ours,
    preprocess_peer, real_slice, run, table, write,
)  # fmt: skip

SPOTS = {
    "151507": 4226, "151508": 4384, "151509": 4789, "151510": 4634, "151669": 3661, "151670": 3498,
    "151671": 4110, "151672": 4015, "151673": 3639, "151674": 3673, "151675": 3592, "151676": 3460,
}  # fmt: skip
QUICK = ["151676", "151674", "151509"]  # the smallest, one in the middle, the largest
IMAGE, EMBEDDING = "X_resnet50", "X_scGPT"
WIDTHS = {IMAGE: 2048, EMBEDDING: 512}
# mode, fusion where the mode has one to choose, key of obsm it reads
MODES = [
    ("expr_only", None, None), ("gat_only", None, None), ("gcn_only", None, None), ("concat", None, None),
    ("full", "gated", None), ("full", "cross_attention", None), ("gcn_full", "cross_attention", None),
    ("img_expr", None, IMAGE), ("multimodal", "cross_attention", IMAGE), ("scgpt", "cross_attention", EMBEDDING),
]  # fmt: skip
WIDE = [("gcn_only", None, None), ("full", "cross_attention", None)]
TARGETS = {6: 5, 96: 20}


class Case:
    """A mode at one k."""

    def __init__(self, mode, fusion, features, k):
        self.mode, self.fusion, self.features, self.k = mode, fusion, features, k

    @property
    def name(self):
        return " ".join(part for part in (self.mode, self.fusion) if part)


def cases(options):
    wanted = options.modes.split(",") if options.modes else None
    found = [Case(*mode, 6) for mode in MODES] + [Case(*mode, 96) for mode in WIDE]
    if wanted:
        found = [case for case in found if case.mode in wanted]
    if not found:
        raise Failure(f"no mode of {options.modes} is among " + ", ".join(dict.fromkeys(mode for mode, _, _ in MODES)))
    return found


def with_features(path, output):
    """A copy of a slice with random features in obsm, the same at every run."""
    shutil.copyfile(path, output)
    with h5py.File(output, "r+") as file:
        obsm = file["obsm"]
        spots = obsm["spatial"].shape[0]
        for key, width in WIDTHS.items():
            if key in obsm:
                del obsm[key]
            values = np.random.default_rng(width).standard_normal((spots, width), dtype=np.float32)
            stored = obsm.create_dataset(key, data=values)
            stored.attrs["encoding-type"], stored.attrs["encoding-version"] = "array", "0.2.0"


class Peer:
    """A Python process that keeps a slice in memory and times the modes it is asked for."""

    def __init__(self, data, label_key, threads):
        command = peer("time", data, "--label-key", label_key, "--threads", str(threads))
        self.errors = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.answer()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            self.errors.seek(0)
            raise Failure(f"the Python side ended:\n{self.errors.read()[-2000:]}")
        return json.loads(line)

    def epochs(self, case, count):
        """Seconds of each epoch but the first, which warms up."""
        wanted = {
            "mode": case.mode, "fusion": case.fusion or "gated", "knn_k": case.k, "epochs": count + 1,
            "features": case.features,
        }  # fmt: skip
        self.process.stdin.write(json.dumps(wanted) + "\n")
        self.process.stdin.flush()
        found = self.answer()
        self.parameters = found["parameters"]
        return [a + b for a, b in zip(found["step_seconds"], found["evaluation_seconds"])][1:]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def train_ours(data, label_key, folder, case, epochs, threads):
    """(timing, parameters) of metrics.json."""
    output = pathlib.Path(folder) / "run"
    fusion = ["--fusion", case.fusion] if case.fusion else []
    run(
        ours(
            "train", data, "--mode", case.mode, *fusion, "--knn-k", str(case.k), "--graph-direction", "reverse-knn",
            "--label-key", label_key, "--epochs", str(epochs), "--patience", str(epochs), "--threads", str(threads),
            "-o", output, "--overwrite", "--quiet",
        )
    )  # fmt: skip
    metrics = json.loads((output / "metrics.json").read_text())
    return metrics["timing"], metrics["parameters"]


def measure(path, label_key, folder, options):
    """{case: what both took} on one slice; milliseconds, minimum and median."""
    mine, theirs = f"{folder}/ours.h5ad", f"{folder}/peer.h5ad"
    with_features(path, f"{folder}/slice.h5ad")
    preprocess_ours(f"{folder}/slice.h5ad", mine, label_key, options.threads)
    preprocess_peer(f"{folder}/slice.h5ad", theirs, label_key)
    found = {}
    worker = Peer(theirs, label_key, options.threads)
    try:
        for case in cases(options):
            note(f" {case.name}, k = {case.k}")
            # An epoch of the peer at k = 96 takes seconds: one a round is enough.
            epochs, repeats = (3, options.repeats) if case.k == 6 else (1, min(options.repeats, 2))
            runs = alternate(
                repeats,
                ours=lambda: train_ours(mine, label_key, folder, case, options.epochs, options.threads),
                peer=lambda: worker.epochs(case, epochs),
            )
            parameters = {count for _, count in runs["ours"]} | {worker.parameters}
            if len(parameters) > 1:
                raise Failure(f"{case.name}: the two sides train different models, of {sorted(parameters)} parameters")
            timings = [timing for timing, _ in runs["ours"]]
            peers = [seconds for one in runs["peer"] for seconds in one]
            found[case.name, case.k] = {
                "ours_min": 1000 * min(t["epoch_seconds_min"] for t in timings),
                "ours_median": 1000 * statistics.median(t["epoch_seconds_median"] for t in timings),
                "peer_min": 1000 * min(peers),
                "peer_median": 1000 * statistics.median(peers),
                "gflop": timings[0]["gflop_per_epoch"],
                "first_layer_share": statistics.median(t["first_layer_share"] for t in timings),
                "parameters": parameters.pop(),
            }
            one = found[case.name, case.k]
            note(f"  minima: {one['ours_min']:.1f} ms, Python {one['peer_min']:.0f} ms")
    finally:
        worker.close()
    return found


def side_by_side(paths, folder, options):
    """Seconds of one grid of trainings, one after another and two at a time, and whether the results are the same."""

    def grid(jobs):
        output = pathlib.Path(folder) / f"grid-{jobs}"
        done = run(
            ours(
                "evaluate", *paths, "--label-key", SIMULATED_LABEL_KEY, "--modes", "full,gcn_only", "--seeds", "1",
                "--epochs", str(options.epochs), "--patience", str(options.epochs), "--threads", str(options.threads),
                "--jobs", str(jobs), "-o", output, "--overwrite", "--quiet",
            )
        )  # fmt: skip
        return done.seconds, (output / "results.csv").read_bytes()

    jobs = options.threads
    found = alternate(options.repeats, one=lambda: grid(1), many=lambda: grid(jobs))
    results = {text for runs in found.values() for _, text in runs}
    one, many = ([seconds for seconds, _ in found[name]] for name in ("one", "many"))
    return {"jobs": jobs, "one": one, "many": many, "same_results": len(results) == 1}


def mode_table(slices):
    """Means over slices of minima and medians; the lowest ratio of a slice beside the target."""
    rows = []
    for name, k in next(iter(slices.values())):
        here = [found[name, k] for found in slices.values()]
        mean = {key: statistics.mean(one[key] for one in here) for key in here[0]}
        ratios = [one["peer_min"] / one["ours_min"] for one in here]
        medians = mean["peer_median"] / mean["ours_median"]
        rows.append(
            [
                name, k, f"{mean['ours_min']:.1f} / {mean['ours_median']:.1f}",
                f"{mean['peer_min']:.0f} / {mean['peer_median']:.0f}",
                f"{mean['peer_min'] / mean['ours_min']:.1f} / {medians:.1f}", f"{min(ratios):.1f}",
                f"{TARGETS[k]}{'' if min(ratios) >= TARGETS[k] else ', missed'}",
            ]
        )  # fmt: skip
    header = [
        "mode", "k", "stomics, ms, min / median", "Python, ms, min / median", "ratio, min / median",
        "lowest ratio of a slice", "target",
    ]  # fmt: skip
    return table(header, rows)


def report(simulated, real, grid, options):
    """Writes what is measured so far; the trainings side by side come last, and only then is it printed."""
    parts = []
    if simulated:
        counts = ", ".join(str(spots) for spots in simulated)
        parts.append(f"## Simulated slices of {counts} spots\n\nMeans over the slices.\n\n{mode_table(simulated)}")
    parts += [f"## {name}\n\n{mode_table({name: found})}" for name, found in real.items()]
    if grid:
        one, many = min(grid["one"]), min(grid["many"])
        same = "the results are the same bytes" if grid["same_results"] else "THE RESULTS DIFFER"
        parts.append(
            f"## Side by side\n\n`stomics evaluate` of full and gcn_only on two slices, {options.epochs} epochs each: "
            f"{one:.2f} s one after another, {many:.2f} s with `--jobs {grid['jobs']}` ({one / many:.2f} times as fast; "
            f"minima of {len(grid['one'])}; the same {options.threads} threads); {same}."
        )
    about = (
        f"One epoch = training step + evaluation, 3,000 variable genes, {options.threads} threads, reverse-knn graph. A "
        f"round is {options.epochs} epochs of stomics, then 3 of Python (1 at k = 96) after one that is not counted; "
        f"rounds: {options.repeats} at k = 6, {min(options.repeats, 2)} at k = 96."
    )
    values = {
        kind: {str(key): {f"{n} k={k}": one for (n, k), one in found.items()} for key, found in slices.items()}
        for kind, slices in (("simulated", simulated), ("real", real))
    }
    write("modes", about, "\n\n".join(parts), {**values, "side_by_side": grid}, show=grid is not None)


def modes():
    arguments = parser(__doc__, repeats=3)
    arguments.add_argument("--epochs", type=int, default=10, help="epochs of a run of stomics (default: %(default)s)")
    arguments.add_argument("--modes", help="only these modes, with commas between")
    arguments.add_argument("--quick", action="store_true", help="three sizes in place of twelve, two rounds")
    options = arguments.parse_args()
    if options.quick:
        options.repeats = min(options.repeats, 2)
    cases(options)  # a mistyped mode ends here, before anything is simulated
    simulated, real, paths = {}, {}, []
    with tempfile.TemporaryDirectory() as folder:
        names = QUICK if options.quick else list(SPOTS)
        if options.slice:
            path = pathlib.Path(options.slice)
            if not path.exists():
                raise Failure(f"no file {path}")
            names = names[:2]  # for the trainings side by side
            real[path.stem] = measure(path, options.label_key, folder, options)
            report(simulated, real, None, options)
        for name in names:
            paths.append(f"{folder}/{name}.h5ad")
            run(ours("simulate", "-o", paths[-1], "--spots", str(SPOTS[name]), "--genes", "33538", "--seed", name))
            if not options.slice:
                note(f"Simulated, {SPOTS[name]} spots")
                simulated[SPOTS[name]] = measure(paths[-1], SIMULATED_LABEL_KEY, folder, options)
                report(simulated, real, None, options)
        path = real_slice()
        if path and not options.slice:
            note("151673")
            real["151673"] = measure(path, LABEL_KEY, folder, options)
            report(simulated, real, None, options)
        note("Trainings side by side")
        report(simulated, real, side_by_side(paths[:2], folder, options), options)


main(modes)
