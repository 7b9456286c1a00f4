"""Benchmarks/preprocess: the published preprocessing, process start to file written, ours and scanpy + squidpy."""

import tempfile

from .common import (
    VERSUS_HEADER, alternate, main, parser, preprocess_ours, preprocess_peer, slices, table, versus, write,
)  # fmt: skip


def preprocess():
    options = parser(__doc__, repeats=5).parse_args()
    parts, values = [], {}
    with tempfile.TemporaryDirectory() as folder:
        for name, path, label_key in slices(options):
            # The first run of the peer compiles its numba kernels: neither side's first run counts.
            preprocess_peer(path, f"{folder}/peer.h5ad", label_key)
            preprocess_ours(path, f"{folder}/ours.h5ad", label_key, options.threads)
            found = alternate(
                options.repeats,
                ours=lambda: preprocess_ours(path, f"{folder}/ours.h5ad", label_key, options.threads),
                peer=lambda: preprocess_peer(path, f"{folder}/peer.h5ad", label_key),
                default=lambda: preprocess_ours(path, f"{folder}/ours.h5ad", label_key, options.threads, components=50),
            )
            seconds = {key: [r.seconds for r in runs] for key, runs in found.items()}
            processor = {key: [r.processor_seconds for r in runs] for key, runs in found.items()}
            memory = {key: [r.megabytes for r in runs] for key, runs in found.items()}
            rows = [
                versus("process start to file written", "s", seconds["ours"], seconds["peer"], 3),
                versus("the same, ours with 50 principal components", "s", seconds["default"], seconds["peer"], 3),
                versus("processor time, all threads", "s", processor["ours"], processor["peer"], 3),
                versus("peak memory", "MB", memory["ours"], memory["peer"], 0),
            ]
            parts.append(f"## {name}\n\n{table(VERSUS_HEADER, rows)}")
            values[name] = {"seconds": seconds, "processor_seconds": processor, "megabytes": memory}
    about = "Published preprocessing (unlabelled spots dropped, 3,000 variable genes, k = 6); the Python side counts its imports. Warm file cache."
    write("preprocess", about, "\n\n".join(parts), {"slices": values})


main(preprocess)
