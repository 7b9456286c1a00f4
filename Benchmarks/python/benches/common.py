"""What every benchmark shares: running a command under a stopwatch, alternating two systems, tables, results."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[3]
RESULTS = ROOT / "Benchmarks" / "results"
LABEL_KEY = "sce.layer_guess"
SIMULATED_LABEL_KEY = "layer"
QUIET_LOAD = 0.5


class Failure(Exception):
    """Something a person has to mend; its text says what."""


class Measured:
    """A finished process: wall seconds, processor seconds of all threads, peak resident megabytes, standard output."""

    def __init__(self, seconds, processor_seconds, megabytes, output):
        self.seconds, self.processor_seconds = seconds, processor_seconds
        self.megabytes, self.output = megabytes, output

    def json(self):
        """The last line of the output, which the peer's commands end with."""
        return json.loads(self.output.strip().splitlines()[-1])


def run(command):
    """Runs a command to its end. The peak is the kernel's (VmHWM, from wait4); it cannot read below this driver's ~15 MB."""
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        start = time.perf_counter()
        process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=errors)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        text = output.read().decode(errors="replace")
        if process.returncode != 0:
            tail = errors.read().decode(errors="replace").strip()[-2000:]
            raise Failure(f"{' '.join(map(str, command))}\nended with status {process.returncode}:\n{tail}")
        return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, text)


def ours(*arguments):
    """The command line of our binary: $STOMICS, or the release build."""
    binary = pathlib.Path(os.environ.get("STOMICS", ROOT / ".build" / "release" / "stomics"))
    if not os.access(binary, os.X_OK):
        raise Failure(f"no binary at {binary}: run `swift build -c release`, or set STOMICS to one.")
    return [binary, *arguments]


def peer(*arguments):
    """The command line of the Python peer."""
    return [sys.executable, "-W", "ignore", "-m", "published", *arguments]


def alternate(repeats, **systems):
    """Calls every system once a round, so that a busy moment hits all alike; returns lists by name."""
    found = {name: [] for name in systems}
    for round_number in range(repeats):
        for name, call in systems.items():
            note(f"  round {round_number + 1} of {repeats}: {name}")
            found[name].append(call())
    return found


def note(text):
    print(text, file=sys.stderr, flush=True)


def summary(values):
    return {"min": min(values), "median": statistics.median(values), "all": list(values)}


def table(header, rows):
    """A Markdown table."""
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def versus(quantity, unit, ours_values, peer_values, digits=2):
    """A table row: minimum / median of both and the ratios of both (above 1: ours is better)."""
    a, b = summary(ours_values), summary(peer_values)

    def pair(x):
        return f"{x['min']:.{digits}f} / {x['median']:.{digits}f}"

    ratios = f"{b['min'] / a['min']:.1f} / {b['median'] / a['median']:.1f}"
    return [f"{quantity}, {unit}", pair(a), pair(b), ratios]


VERSUS_HEADER = ["quantity", "stomics, min / median", "Python, min / median", "ratio, min / median"]


def machine():
    """Processor, cores, load and versions, for the head of a result."""
    model = platform.processor()
    with open("/proc/cpuinfo") as lines:
        for line in lines:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    from importlib.metadata import version

    packages = ("torch", "torch-geometric", "scanpy", "squidpy", "scikit-learn", "numpy")
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        **{package: version(package) for package in packages},
    }


def write(name, about, markdown, values, show=True):
    """Writes the table as Markdown and JSON to Benchmarks/results, and prints it unless more is to come."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    facts = machine()
    head = f"# {name}\n\n{about}\n\n{facts['processor']}, {facts['cores']} cores; " + ", ".join(
        f"{key} {value}" for key, value in facts.items() if key not in ("processor", "cores", "load_average")
    )
    text = f"{head}; load average at the end {facts['load_average']}.\n\n{markdown}\n"
    (RESULTS / f"{name}.md").write_text(text)
    (RESULTS / f"{name}.json").write_text(json.dumps({"machine": facts, **values}, indent=1) + "\n")
    if show:
        print(text)


def parser(about, repeats):
    options = argparse.ArgumentParser(description=about)
    options.add_argument("--repeats", type=int, default=repeats)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--slice", help="a slice to measure (default: 151673 of the real data, and a simulated one)")
    options.add_argument("--label-key", default=LABEL_KEY, help="its column of labels (default: %(default)s)")
    return options


def real_slice():
    """151673 in the folder STOMICS_REAL_DATA names (or ../shared/data beside the checkout); None where missing."""
    base = os.environ.get("STOMICS_REAL_DATA", ROOT.parent / "shared" / "data")
    path = pathlib.Path(base) / "dlpfc" / "151673.h5ad"
    return path if path.exists() else None


def simulated_slice():
    """A simulated slice of 33,538 genes, made once."""
    path = RESULTS / "data" / "simulated_33538.h5ad"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        note("Simulating a slice of 33,538 genes")
        run(ours("simulate", "-o", path, "--genes", "33538", "--seed", "1"))
    return path


def slices(options):
    """Name, path and label key of every slice to measure."""
    if options.slice:
        path = pathlib.Path(options.slice)
        if not path.exists():
            raise Failure(f"no file {path}")
        return [(path.stem, path, options.label_key)]
    found = [("simulated, 33,538 genes", simulated_slice(), SIMULATED_LABEL_KEY)]
    real = real_slice()
    if real:
        return [("151673", real, LABEL_KEY), *found]
    note("151673 is skipped: set STOMICS_REAL_DATA to the folder that holds dlpfc/151673.h5ad, or name a slice with --slice.")
    return found


def preprocess_ours(path, output, label_key, threads, components=0, neighbours=6):
    """Published preprocessing by our binary; the published system computes no principal components."""
    pathlib.Path(output).unlink(missing_ok=True)
    return run(
        ours(
            "preprocess", path, "-o", output, "--label-key", label_key, "--n-top-genes", "3000", "--knn-k",
            str(neighbours), "--n-pcs", str(components), "--threads", str(threads), "--quiet",
        )
    )  # fmt: skip


def preprocess_peer(path, output, label_key, neighbours=6):
    """Published preprocessing by the peer. Both write a new file: to replace an old one costs both extra."""
    pathlib.Path(output).unlink(missing_ok=True)
    return run(peer("preprocess", path, "-o", output, "--label-key", label_key, "--knn-k", str(neighbours)))


def main(function):
    """Runs a benchmark; a failure is a message and status 1, not a traceback."""
    load = os.getloadavg()[0]
    if load > QUIET_LOAD:
        note(
            f"Load average {load:.1f}: other programs are running. PyTorch's threads wait for each other and suffer most; "
            "take the minima at best."
        )
    try:
        function()
    except Failure as failure:
        sys.exit(f"Benchmark failed: {failure}")
