"""Benchmarks/read: reading a gzipped h5ad file, process start to end, ours and anndata."""

import pathlib
import sys

from .common import RESULTS, VERSUS_HEADER, Failure, alternate, main, note, ours, parser, run, table, versus, write

PEER = """
import json, sys, time
start = time.perf_counter()
import anndata
imported = time.perf_counter()
data = anndata.read_h5ad(sys.argv[1])
end = time.perf_counter()
print(json.dumps({"read": end - imported, "stored": int(data.X.nnz), "shape": data.shape}))
"""


MAKE = """
import sys
import anndata, numpy as np, pandas as pd
from scipy import sparse
generator = np.random.default_rng(0)
spots, genes, wanted = 4000, 33000, 9_000_000
# Genes differ in how many spots show them as they do in a slice: most counts belong to few genes.
share = generator.lognormal(0, 2, genes)
for _ in range(20):
    share = np.minimum(1, share * wanted / spots / share.sum())
rows = [np.flatnonzero(generator.random(genes) < share).astype(np.int32) for _ in range(spots)]
pointers = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int32)
indices = np.concatenate(rows)
counts = generator.geometric(0.5, len(indices)).astype(np.float32)
data = anndata.AnnData(
    sparse.csr_matrix((counts, indices, pointers), shape=(spots, genes)),
    obs=pd.DataFrame(index=[f"spot{i}" for i in range(spots)]),
    var=pd.DataFrame(index=[f"gene{j}" for j in range(genes)]))
data.obsm["spatial"] = generator.random((spots, 2)) * 10_000
data.write_h5ad(sys.argv[1], compression="gzip")
"""


def big_slice():
    """A slice of 4,000 spots, 33,000 genes and 9 million counts, gzipped as anndata does it; made once.

    By a process of its own: what this one takes counts as memory of those it starts.
    """
    path = RESULTS / "data" / "nine_million.h5ad"
    if not path.exists():
        note("Making a slice of 9 million counts")
        path.parent.mkdir(parents=True, exist_ok=True)
        run([sys.executable, "-W", "ignore", "-c", MAKE, path])
    return path


def read():
    options = parser(__doc__, repeats=7).parse_args()
    path = pathlib.Path(options.slice) if options.slice else big_slice()
    if not path.exists():
        raise Failure(f"no file {path}")
    threads = ["--threads", str(options.threads)]
    empty = run(ours("info", "--build", *threads))

    def by_ours():
        # `info` reads everything there is and looks at every value for its range.
        return run(ours("info", path, "--json", *threads))

    def by_peer():
        return run([sys.executable, "-W", "ignore", "-c", PEER, path])

    by_ours(), by_peer()
    found = alternate(options.repeats, ours=by_ours, peer=by_peer)
    seconds = {key: [r.seconds for r in runs] for key, runs in found.items()}
    memory = {key: [r.megabytes for r in runs] for key, runs in found.items()}
    facts = [run.json() for run in found["peer"]]
    alone = [fact["read"] for fact in facts]
    (rows, _), stored = facts[0]["shape"], facts[0]["stored"]
    # Values of 4 bytes, indices of 4, pointers of 8 as ours keeps them.
    matrix = (stored * 8 + (rows + 1) * 8) / 1e6
    lines = [
        versus("process start to end", "s", seconds["ours"], seconds["peer"], 3),
        versus("the same, Python's imports not counted", "s", seconds["ours"], alone, 3),
        versus("peak memory", "MB", memory["ours"], memory["peer"], 0),
    ]
    over = (min(memory["ours"]) - empty.megabytes) * 1.048576 / matrix
    text = (
        f"{table(VERSUS_HEADER, lines)}\n\n{stored:,} counts of {rows:,} spots, {path.stat().st_size / 1e6:.1f} MB in the file, "
        f"{matrix:.0f} MB in memory. Above an empty process ({empty.megabytes:.0f} MB) ours takes {over:.2f} times the matrix."
    )
    write("read", "Reading a gzipped h5ad file: `stomics info` and `anndata.read_h5ad`. Warm file cache.", text, {
        "seconds": seconds, "peer_read_seconds": alone, "megabytes": memory, "empty_megabytes": empty.megabytes,
        "matrix_megabytes": matrix,
    })  # fmt: skip


main(read)
