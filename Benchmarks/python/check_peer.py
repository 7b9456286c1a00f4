#!/usr/bin/env python3
"""Shows that the peer is the published system: parameter counts, splits, preprocessing, and a training trajectory.

    .venv-bench/bin/python -W ignore Benchmarks/python/check_peer.py GOLDEN_FOLDER 151673.h5ad

GOLDEN_FOLDER holds d_split.json, e_pre_151673.{safetensors,json} and e_traj_151673_full_cross_attention.safetensors,
written by the published system itself.
"""

import json
import pathlib
import sys

import numpy as np
import torch
from published.models import Model, parameter_count
from published.preprocessing import arrays, preprocess
from published.training import Trainer, scores, split
from safetensors.numpy import load_file

PARAMETERS = {  # of 3,000 genes and 7 classes
    ("expr_only", "gated"): 808_055,
    ("gat_only", "gated"): 402_567,
    ("full", "gated"): 908_279,
    ("full", "cross_attention"): 1_107_063,
}


def report(what, agrees, detail=""):
    print(f"{'agrees' if agrees else 'DIFFERS'}  {what}{': ' + detail if detail else ''}")
    return agrees


def main():
    golden, slice_path = pathlib.Path(sys.argv[1]), sys.argv[2]
    good = True
    for (mode, fusion), count in PARAMETERS.items():
        found = parameter_count(Model(3000, 7, mode, fusion))
        good &= report(f"parameters of {mode} {fusion}", found == count, f"{found}")

    cases = json.loads((golden / "d_split.json").read_text())
    equal = sum(
        all(list(a) == case[key] for a, key in zip(split(np.array(case["labels"]), case["seed"]), ("train", "val", "test")))
        for case in cases
    )
    good &= report("splits", equal == len(cases), f"{equal} of {len(cases)}")

    expected = load_file(golden / "e_pre_151673.safetensors")
    names = json.loads((golden / "e_pre_151673.json").read_text())["hvg_names"]
    adata = preprocess(slice_path, "sce.layer_guess")
    data = arrays(adata, "sce.layer_guess")
    good &= report("variable genes", list(adata.var_names) == names, f"{len(names)}")
    sample = np.abs(data["x"][expected["expression.rows"]] - expected["expression.sample"]).max()
    good &= report("scaled expression", sample < 1e-5, f"largest difference {sample:.1e}")
    good &= report("graph", np.array_equal(data["edge_index"], expected["edge_index_k6"]), f"{data['edge_index'].shape[1]} edges")
    sets = split(data["labels"], 42)
    masks = [np.array_equal(np.sort(s), np.flatnonzero(expected[f"{k}_mask"])) for s, k in zip(sets, ("train", "val", "test"))]
    good &= report("published split of the slice", all(masks))

    trajectory = load_file(golden / "e_traj_151673_full_cross_attention.safetensors")
    start = {key.removeprefix("param."): torch.tensor(v) for key, v in trajectory.items() if key.startswith("param.")}
    torch.manual_seed(42)
    seeded = Model(3000, 7).state_dict()
    good &= report("initial weights of seed 42", all(torch.equal(seeded[key], start[key]) for key in start))
    model = Model(3000, 7, dropout=0.0)
    model.load_state_dict(start)
    trainer = Trainer(model, data["x"], data["edge_index"], data["labels"], sets)
    trace = []
    for _ in range(len(trajectory["trace"])):
        train_loss = trainer.step()
        validation_loss, found, logits = trainer.evaluate()
        test = scores(data["labels"][sets[2]], logits.argmax(1).numpy()[sets[2]])
        trace.append([train_loss, validation_loss, *found.values(), *test.values()])
    worst = np.abs(np.array(trace) - trajectory["trace"]).max(0)
    good &= report(f"losses of {len(trace)} epochs", worst[:2].max() < 1e-5, f"largest difference {worst[:2].max():.1e}")
    good &= report("ARI, NMI, accuracy of every epoch", worst[2:].max() < 1e-9)
    final = np.abs(logits.numpy() - trajectory["final.logits"]).max()
    good &= report("final logits", final < 5e-3, f"largest difference {final:.1e} of {np.abs(trajectory['final.logits']).max():.1f}")
    sys.exit(not good)


main()
