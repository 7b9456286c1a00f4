"""Benchmarks/perturb: every gene edited by itself, and what it does to every spot; two threads."""

import json
import pathlib
import tempfile

from .common import alternate, main, note, ours, parser, peer, preprocess_ours, preprocess_peer, run, slices, summary, table, write  # fmt: skip

MODES = [("full", "cross_attention"), ("full", "gated"), ("gat_only", None), ("gcn_only", None)]


def perturb():
    arguments = parser(__doc__, repeats=3)
    arguments.add_argument("--genes", type=int, default=20, help="genes the peer answers a round")
    arguments.add_argument("--modes", help="some modes only, such as full-gated,gcn_only")
    options = arguments.parse_args()
    wanted = set(options.modes.split(",")) if options.modes else None
    peak = run(peer("peak", "--threads", str(options.threads))).json()["gflop_per_second"]
    rows, values = [], {"gflop_per_second": peak}
    with tempfile.TemporaryDirectory() as folder:
        for name, path, label_key in slices(options):
            note(f"{name}: preprocessing for both")
            preprocess_peer(path, f"{folder}/peer.h5ad", label_key)
            preprocess_ours(path, f"{folder}/ours.h5ad", label_key, options.threads)
            for mode, fusion in MODES:
                title = mode if fusion is None else f"{mode}-{fusion}"
                if wanted and title not in wanted:
                    continue
                flags = ["--mode", mode] + (["--fusion", fusion] if fusion else [])
                model, scan = f"{folder}/run-{title}", f"{folder}/scan-{title}"
                run(ours("train", f"{folder}/ours.h5ad", *flags, "--label-key", label_key, "-o", model, "--overwrite", "--quiet"))

                def scan_ours():
                    done = run(
                        ours(
                            "perturb", model, f"{folder}/ours.h5ad", "--scan", "--top", "0", "-o", scan, "--threads",
                            str(options.threads), "--quiet",
                        )
                    )  # fmt: skip
                    return done.seconds, done.megabytes

                def first_order():
                    command = ours(
                        "perturb", model, f"{folder}/ours.h5ad", "--first-order", "-o", scan, "--json", "--quiet",
                        "--threads", str(options.threads),
                    )  # fmt: skip
                    return json.loads(run(command).output)["seconds"]

                def scan_peer():
                    found = run(
                        peer(
                            "scan", f"{folder}/peer.h5ad", "--label-key", label_key, "--genes", str(options.genes), *flags,
                            "--threads", str(options.threads),
                        )
                    ).json()  # fmt: skip
                    return [seconds * found["genes"] for seconds in found["gene_seconds"][1:]]

                note(f"{name}: {title}")
                times = alternate(options.repeats, ours=scan_ours, peer=scan_peer, estimates=first_order)
                own = summary([seconds for seconds, _ in times["ours"]])
                theirs = summary([seconds for one in times["peer"] for seconds in one])
                facts = json.loads((pathlib.Path(scan) / "scan.json").read_text())
                bound = facts["flops"] / 1e9 / peak
                rows.append(
                    [
                        name, title, f"{facts['flops'] / 1e12:.2f}", f"{bound:.1f}",
                        f"{own['min']:.1f} / {own['median']:.1f}", f"{max(m for _, m in times['ours']):.0f}",
                        f"{theirs['min']:.0f} / {theirs['median']:.0f}",
                        f"{theirs['min'] / own['min']:.0f} / {theirs['median'] / own['median']:.0f}",
                        f"{min(times['estimates']):.2f}",
                    ]
                )  # fmt: skip
                values[f"{name}, {title}"] = {"ours": times["ours"], "peer": times["peer"], "bound_seconds": bound}
    header = [
        "slice", "mode", "TFLOP", "bound, s", "stomics, s, min / median", "MB", "Python, s, min / median", "ratio",
        "first order, s",
    ]  # fmt: skip
    about = (
        f"All genes of the model, each edited by itself; {options.threads} threads, {options.repeats} alternating rounds. "
        "stomics: the whole process, reading, null, first order and writing included. Python: the model's forward pass "
        f"alone, timed on {options.genes} genes a round (the first left out) and multiplied by the number of genes. "
        f"Bound: the incremental scan's operations at this machine's {peak:.0f} GFLOP/s (float32 products, in this run)."
    )
    write("perturb", about, table(header, rows), values)


main(perturb)
