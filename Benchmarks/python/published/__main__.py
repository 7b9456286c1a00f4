"""Command line of the peer: `python -m published {preprocess,train,job,time,controls,peak} ...`.

Every command ends with one line of JSON on standard output; what it measured stands there.
"""

import argparse
import contextlib
import json
import pathlib
import resource
import sys
import time
import warnings

START = time.perf_counter()
LABEL_KEY = "sce.layer_guess"


def peak_megabytes():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def preprocess_command(options):
    from .preprocessing import preprocess

    adata = preprocess(options.input, options.label_key, options.n_top_genes, options.knn_k)
    adata.write_h5ad(options.output)
    return {"spots": adata.n_obs, "genes": adata.n_vars}


def load(path, label_key):
    import anndata

    from .preprocessing import arrays

    return arrays(anndata.read_h5ad(path), label_key)


def train_data(data, options):
    import torch

    from .models import parameter_count
    from .training import train

    torch.set_num_threads(options.threads)
    report = None
    if options.verbose:
        report = lambda row: print("epoch {} loss {:.4f} validation {:.4f} ARI {:.4f}".format(*row[:4]), file=sys.stderr)
    model, result = train(
        data, options.mode, options.fusion, options.seed, options.split_seed, options.epochs, options.patience,
        report=report,
    )
    result["parameters"] = parameter_count(model)
    if not options.keep_history:
        del result["history"]
    return model, result


def train_command(options):
    """Trains from a preprocessed file."""
    return train_data(load(options.input, options.label_key), options)[1]


def job_command(options):
    """The whole job in one process: preprocess, train to the early stop, predict, and draw the map."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    import scanpy as sc
    import torch

    from .preprocessing import arrays, preprocess

    output = pathlib.Path(options.output)
    output.mkdir(parents=True, exist_ok=True)
    marks = {"imports": time.perf_counter() - START}

    def mark(name, since):
        marks[name] = time.perf_counter() - since
        return time.perf_counter()

    at = time.perf_counter()
    adata = preprocess(options.input, options.label_key, options.n_top_genes, options.knn_k)
    at = mark("preprocess", at)
    data = arrays(adata, options.label_key)
    model, result = train_data(data, options)
    torch.save(model.state_dict(), output / "model.pt")
    at = mark("train", at)
    model.eval()
    with torch.no_grad():
        logits, _ = model(torch.as_tensor(data["x"]), torch.as_tensor(data["edge_index"]))
    adata.obs["domain"] = [data["names"][c] for c in logits.argmax(1).tolist()]
    adata.obs["domain"] = adata.obs["domain"].astype("category")
    adata.write_h5ad(output / "predicted.h5ad")
    at = mark("predict", at)
    sc.pl.embedding(adata, basis="spatial", color=[options.label_key, "domain"], show=False)
    plt.savefig(output / "domains.png", dpi=150, bbox_inches="tight")
    mark("map", at)
    return {**result, "stage_seconds": marks}


def time_command(options):
    """Times epochs of many modes in one process that has done its imports.

    Reads lines of JSON from standard input ({"mode", "fusion", "knn_k", "epochs", "features": a key of obsm or null}) and
    answers each with a line: seconds of every training step and of every evaluation.
    """
    # What the libraries print is no answer.
    answers = sys.stdout
    with contextlib.redirect_stdout(sys.stderr):
        time_modes(options, lambda answer: print(json.dumps(answer), file=answers, flush=True))
    return {}


def time_modes(options, reply):
    import anndata
    import numpy as np
    import torch

    from .models import Model, parameter_count
    from .preprocessing import arrays, connect, edges
    from .training import Trainer, split

    torch.set_num_threads(options.threads)
    adata = anndata.read_h5ad(options.input)
    data = arrays(adata, options.label_key)
    graphs = {}
    reply({"spots": adata.n_obs, "genes": adata.n_vars})
    for line in sys.stdin:
        wanted = json.loads(line)
        k = wanted["knn_k"]
        if k not in graphs:
            connect(adata, k)
            graphs[k] = edges(adata)
        features = None
        if wanted["features"]:
            features = torch.as_tensor(np.asarray(adata.obsm[wanted["features"]], dtype=np.float32))
        torch.manual_seed(42)
        model = Model(
            data["x"].shape[1], len(data["names"]), wanted["mode"], wanted["fusion"],
            features=0 if features is None else features.shape[1],
        )  # fmt: skip
        trainer = Trainer(model, data["x"], graphs[k], data["labels"], split(data["labels"], 42), features=features)
        steps, evaluations = [], []
        for _ in range(wanted["epochs"]):
            start = time.perf_counter()
            trainer.step()
            between = time.perf_counter()
            trainer.evaluate()
            steps.append(between - start)
            evaluations.append(time.perf_counter() - between)
        reply({"parameters": parameter_count(model), "step_seconds": steps, "evaluation_seconds": evaluations})


def scan_command(options):
    """Times the published perturbation scan: a gene's column set to 0, the whole model computed again; some genes."""
    import torch

    from .models import Model

    torch.set_num_threads(options.threads)
    data = load(options.input, options.label_key)
    torch.manual_seed(42)
    model = Model(data["x"].shape[1], len(data["names"]), options.mode, options.fusion).eval()
    x, edge_index = torch.as_tensor(data["x"]), torch.as_tensor(data["edge_index"])
    seconds = []
    with torch.no_grad():
        before, embedding = model(x, edge_index)
        for gene in range(options.genes):
            start = time.perf_counter()
            edited = x.clone()
            edited[:, gene] = 0
            after, moved = model(edited, edge_index)
            (after.argmax(1) != before.argmax(1)).sum().item()
            (moved - embedding).norm(dim=1).mean().item()
            seconds.append(time.perf_counter() - start)
    return {"gene_seconds": seconds, "genes": x.shape[1]}


def controls_command(options):
    """Scores of the coordinates-only controls on the test spots of a split."""
    from .controls import coordinate_controls
    from .training import split

    data = load(options.input, options.label_key)
    train_set, _, test_set = split(data["labels"], options.split_seed)
    return coordinate_controls(data["coordinates"], data["labels"], train_set, test_set)


def peak_command(options):
    """The float32 matrix-product rate of this machine, the better of torch's library and numpy's OpenBLAS."""
    import numpy as np
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(options.threads)
    size = 2048
    product = torch.randn(size, size)
    rates = {}
    for name, a in (("torch", product), ("numpy", product.numpy().astype(np.float32))):
        with threadpool_limits(options.threads):
            best = float("inf")
            for _ in range(20):
                start = time.perf_counter()
                a @ a
                best = min(best, time.perf_counter() - start)
        rates[name] = 2 * size**3 / best / 1e9
    return {"gflop_per_second": max(rates.values()), "rates": rates}


def main():
    parser = argparse.ArgumentParser(prog="published", description=__doc__)
    commands = parser.add_subparsers(required=True)

    def command(name, function, reads=True, writes=False, splits=False, trains=False, preprocesses=False, scans=False):
        sub = commands.add_parser(name, help=function.__doc__)
        sub.set_defaults(run=function)
        sub.add_argument("--threads", type=int, default=2)
        if reads:
            sub.add_argument("input")
            sub.add_argument("--label-key", default=LABEL_KEY)
        if writes:
            sub.add_argument("-o", "--output", required=True)
        if preprocesses:
            sub.add_argument("--n-top-genes", type=int, default=3000)
            sub.add_argument("--knn-k", type=int, default=6)
        if trains or splits:
            sub.add_argument("--split-seed", type=int, default=42)
        if scans:
            sub.add_argument("--genes", type=int, default=20)
        if trains or scans:
            sub.add_argument("--mode", default="full")
            sub.add_argument("--fusion", default="cross_attention")
        if trains:
            sub.add_argument("--seed", type=int, default=42)
            sub.add_argument("--epochs", type=int, default=200)
            sub.add_argument("--patience", type=int, default=20)
            sub.add_argument("--keep-history", action="store_true")
            sub.add_argument("--verbose", action="store_true")

    command("preprocess", preprocess_command, writes=True, preprocesses=True)
    command("train", train_command, trains=True)
    command("job", job_command, writes=True, preprocesses=True, trains=True)
    command("time", time_command)
    command("scan", scan_command, scans=True)
    command("controls", controls_command, splits=True)
    command("peak", peak_command, reads=False)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    result = options.run(options)
    result["seconds"] = time.perf_counter() - START
    result["peak_megabytes"] = peak_megabytes()
    print(json.dumps(result))


main()
