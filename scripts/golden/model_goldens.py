#!/usr/bin/env python3
"""Writes the reference values of layers and models: forward, gradients and AdamW steps of PyTorch, as safetensors.

    Benchmarks/setup
    .venv-bench/bin/python scripts/golden/model_goldens.py FOLDER            writes FOLDER/<case>.safetensors
    .venv-bench/bin/python scripts/golden/model_goldens.py --check FOLDER    recomputes existing files and compares

The models are those of Benchmarks/python/published. The arrays' names are explained in README.md beside this script.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import sklearn
import torch
import torch_geometric
from safetensors.numpy import load_file, save_file
from torch import nn
from torch_geometric.nn import GATConv, GCNConv

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "Benchmarks" / "python"))
from published.models import FUSIONS, MODES, CrossAttentionFusion, GatedFusion, Model, neighbour_lists  # noqa: E402
from published.training import Trainer  # noqa: E402

SEED = 20240607
SPOTS, GENES, CLASSES, WIDTH, HIDDEN, STEPS = 150, 80, 5, 32, 48, 5
FEATURES = 48
LAYER_SPOTS = 60
VERSIONS = {
    "torch": torch.__version__,
    "torch_geometric": torch_geometric.__version__,
    "sklearn": sklearn.__version__,
    "numpy": np.__version__,
}


def graph(random, spots, degree, isolated, self_loops=()):
    """A directed random graph [2, E] with unique edges, without self loops but the given, nothing going into `isolated`."""
    edges = {(int(s), t) for t in range(spots) for s in random.choice(spots, degree, replace=False) if s != t}
    edges = sorted((s, t) for s, t in edges if t != isolated) + [(s, s) for s in self_loops]
    return torch.tensor(np.array(edges).T.copy(), dtype=torch.int64)


# -- Layers: name -> (module, inputs, call, description) ------------------------------------------------------------------


def layer_cases():
    random = np.random.RandomState(SEED)

    def normal(*shape):
        return torch.tensor(random.standard_normal(shape), dtype=torch.float32)

    def conv(module, inputs):
        return module(inputs["x"], inputs["edge_index"])

    def attend(module, inputs):
        mask = inputs["mask"].bool()
        return module(inputs["q"], inputs["kv"], inputs["kv"], key_padding_mask=mask, need_weights=False)[0]

    def fuse(module, inputs):
        return module(inputs["expr"], inputs["spatial"], inputs.get("edge_index"))

    def plain(module, inputs):
        return module(inputs["x"])

    mask = random.rand(LAYER_SPOTS, 6) < 0.3
    mask[:, 0] = False
    n = LAYER_SPOTS
    return {
        "gatconv": (
            GATConv(16, 8, heads=4),
            {"x": normal(n, 16), "edge_index": graph(random, n, 6, 7)},
            conv,
            "GATConv(16, 8, heads 4, slope 0.2, self loops added); node 7 has no incoming edges",
        ),
        "gatconv_selfloops": (
            GATConv(16, 8, heads=4),
            {"x": normal(n, 16), "edge_index": graph(random, n, 6, 7, self_loops=(0, 1, 2))},
            conv,
            "as gatconv; the input has self loops at 0, 1, 2: removed, then one a node is added",
        ),
        "gcnconv": (
            GCNConv(16, 12),
            {"x": normal(n, 16), "edge_index": graph(random, n, 6, 7)},
            conv,
            "GCNConv(16, 12), self loops added; node 7 has no incoming edges",
        ),
        "gcnconv_selfloops": (
            GCNConv(16, 12),
            {"x": normal(n, 16), "edge_index": graph(random, n, 6, 7, self_loops=(0, 1, 2))},
            conv,
            "as gcnconv; the input has self loops at 0, 1, 2: kept, and one added where there is none",
        ),
        "layernorm": (nn.LayerNorm(50), {"x": normal(40, 50)}, plain, "LayerNorm(50), eps 1e-5"),
        "linear_gelu_elu": (
            nn.Sequential(nn.Linear(20, 16), nn.GELU(), nn.Linear(16, 8), nn.ELU()),
            {"x": normal(30, 20)},
            plain,
            "Linear(20, 16), exact GELU, Linear(16, 8), ELU",
        ),
        "mha": (
            nn.MultiheadAttention(WIDTH, 4, batch_first=True),
            {"q": normal(n, 1, WIDTH), "kv": normal(n, 6, WIDTH), "mask": torch.tensor(mask)},
            attend,
            "MultiheadAttention(32, 4 heads, batch first); mask true = ignored",
        ),
        "crossattention_fusion": (
            CrossAttentionFusion(WIDTH, 4, 2, dropout=0.0),
            {"expr": normal(n, WIDTH), "spatial": normal(n, WIDTH), "edge_index": graph(random, n, 6, 7)},
            fuse,
            "CrossAttentionFusion(32, 4 heads, 2 layers); node 7 has no incoming edges",
        ),
        "gated_fusion": (
            GatedFusion(WIDTH, dropout=0.0),
            {"expr": normal(n, WIDTH), "spatial": normal(n, WIDTH)},
            fuse,
            "GatedFusion(32)",
        ),
    }


def extras(name, module, inputs):
    """Attention weights and neighbour lists of the layers that have them."""
    with torch.no_grad():
        if name.startswith("gatconv"):
            _, (edges, alpha) = module(inputs["x"], inputs["edge_index"], return_attention_weights=True)
            return {"attn.edge_index": edges, "attn.alpha": alpha}
        if name == "mha":
            arguments = (inputs["q"], inputs["kv"], inputs["kv"])
            mask = inputs["mask"].bool()
            _, heads = module(*arguments, key_padding_mask=mask, average_attn_weights=False)
            return {"attn.per_head": heads, "attn.mean": heads.mean(1)}
        if name == "crossattention_fusion":
            neighbours, padded = neighbour_lists(inputs["edge_index"], len(inputs["expr"]))
            return {"neighbor_idx": neighbours, "attn_mask": padded}
    return {}


def layer_arrays(name, module, inputs, call, loss_weight):
    """All arrays of a layer case, with the parameters as they stand in `module`."""
    arrays = {f"param.{key}": value.clone() for key, value in module.state_dict().items()}
    arrays |= {f"in.{key}": value for key, value in inputs.items()} | {"loss_weight": loss_weight}
    for dtype, suffix in ((torch.float32, ""), (torch.float64, "64")):
        module = module.to(dtype).eval()
        module.zero_grad()
        given = {
            key: value.to(dtype).clone().requires_grad_() if value.is_floating_point() else value
            for key, value in inputs.items()
        }
        out = call(module, given)
        (out * loss_weight.to(dtype)).sum().backward()
        arrays[f"out{suffix}"] = out.detach()
        arrays |= {f"grad{suffix}.{key}": p.grad.clone() for key, p in module.named_parameters()}
        arrays |= {f"grad{suffix}.in.{key}": v.grad for key, v in given.items() if v.is_floating_point()}
    module.to(torch.float32)
    return arrays | extras(name, module, inputs)


# -- Models --------------------------------------------------------------------------------------------------------------

MODELS = tuple(
    (mode, fusion)
    for mode in MODES
    for fusion in (FUSIONS if mode in ("full", "gcn_full", "multimodal", "scgpt", "geneformer") else ("gated",))
)


def feature_key(mode):
    """The input that a mode reads beside the genes, None where it reads none."""
    if mode in ("img_expr", "multimodal"):
        return "image_features"
    family = mode.removesuffix("_only")
    return family + "_embeddings" if family in ("scgpt", "geneformer") else None


def model_inputs():
    random = np.random.RandomState(SEED)
    y = random.randint(0, CLASSES, SPOTS)
    x = random.standard_normal((SPOTS, GENES)) + random.standard_normal((CLASSES, GENES))[y] * 0.5
    chance = random.permutation(SPOTS)
    masks = {"train_mask": chance < SPOTS * 6 // 10, "val_mask": (chance >= SPOTS * 6 // 10) & (chance < SPOTS * 8 // 10)}
    counts = np.bincount(y[masks["train_mask"]], minlength=CLASSES)
    return {
        "x": torch.tensor(x, dtype=torch.float32),
        "edge_index": graph(random, SPOTS, 6, 11),
        "y": torch.tensor(y),
        **{key: torch.tensor(mask) for key, mask in masks.items()},
        "class_weights": torch.tensor(1 / counts / (1 / counts).sum() * CLASSES, dtype=torch.float32),
    }


def model_arrays(mode, fusion, inputs, parameters=None):
    """All arrays of a model case: step 0 forward and gradients, then five AdamW steps, in float32 and float64."""
    torch.manual_seed(SEED)
    features = inputs.get(feature_key(mode))
    width = 0 if features is None else features.shape[1]
    model = Model(inputs["x"].shape[1], CLASSES, mode, fusion, WIDTH, HIDDEN, dropout=0.0, features=width)
    if parameters:
        model.load_state_dict(parameters)
    start = {key: value.clone() for key, value in model.state_dict().items()}
    arrays = {f"param.{key}": value for key, value in start.items()}
    arrays |= {f"in.{key}": value for key, value in inputs.items()}
    rows = [torch.nonzero(inputs[key].bool()).flatten() for key in ("train_mask", "val_mask")]
    for dtype, suffix in ((torch.float32, ""), (torch.float64, "64")):
        model.load_state_dict(start)
        model = model.to(dtype)
        trainer = Trainer(
            model, inputs["x"].to(dtype), inputs["edge_index"], inputs["y"], (*rows, rows[1]),
            inputs["class_weights"].to(dtype), None if features is None else features.to(dtype),
        )  # fmt: skip
        with torch.no_grad():
            logits, embeddings = model.eval()(trainer.x, trainer.edge_index, trainer.features)
        arrays |= {f"out{suffix}.logits": logits, f"out{suffix}.embeddings": embeddings}
        trace = {"train_loss": [], "val_loss": [], "val_ari_nmi_acc": []}
        for step in range(STEPS):
            trace["train_loss"].append(trainer.step())
            if step == 0:
                arrays |= {f"grad{suffix}.{key}": p.grad.clone() for key, p in model.named_parameters()}
            loss, found, _ = trainer.evaluate()
            trace["val_loss"].append(loss)
            trace["val_ari_nmi_acc"].append(list(found.values()))
        arrays |= {f"trace{suffix}.{key}": torch.tensor(values, dtype=torch.float64) for key, values in trace.items()}
        arrays |= {f"param5_f{suffix or 32}.{key}": p.detach().clone() for key, p in model.named_parameters()}
        if not suffix:
            for key, p in model.named_parameters():
                state = trainer.optimiser.state[p]
                arrays |= {f"adam_m.{key}": state["exp_avg"].clone(), f"adam_v.{key}": state["exp_avg_sq"].clone()}
    return arrays


# -- Writing and checking ------------------------------------------------------------------------------------------------


def stored(value):
    """As the files hold it: booleans as bytes, integers in 32 bits."""
    array = value.detach().numpy()
    narrow = {np.dtype(bool): np.uint8, np.dtype(np.int64): np.int32}.get(array.dtype, array.dtype)
    return np.ascontiguousarray(array.astype(narrow))


def write(folder, name, arrays, description):
    metadata = {"versions": json.dumps(VERSIONS), "seed": str(SEED), **description}
    save_file({key: stored(value) for key, value in arrays.items()}, folder / f"{name}.safetensors", metadata)
    print(f"{name}: {len(arrays)} arrays")


def write_all(folder):
    folder.mkdir(parents=True, exist_ok=True)
    random = torch.Generator().manual_seed(SEED)
    torch.manual_seed(SEED)
    for name, (module, inputs, call, text) in layer_cases().items():
        with torch.no_grad():
            # Biases and LayerNorm weights start at constants: shake them, so that an error in them shows.
            for parameter in module.parameters():
                parameter += 0.1 * torch.randn(parameter.shape, generator=random)
            shape = call(module.eval(), inputs).shape
        weight = torch.randn(shape, generator=random)
        write(folder, name, layer_arrays(name, module, inputs, call, weight), {"desc": text})
    inputs = model_inputs()
    # With as many genes as the embedding is wide, a graph encoder on the genes has a residual in its first layer too.
    narrow = {**inputs, "x": inputs["x"][:, :WIDTH].contiguous()}
    cases = [(f"model_{mode}_{fusion}", mode, fusion, inputs) for mode, fusion in MODELS]
    cases += [(f"model_{mode}_narrow_gated", mode, "gated", narrow) for mode in ("gat_only", "gcn_only")]
    for name, mode, fusion, own in cases:
        given = dict(own)
        if key := feature_key(mode):
            given[key] = torch.randn(SPOTS, FEATURES, generator=torch.Generator().manual_seed(SEED))
        facts = {
            "mode": mode, "fusion": fusion, "n_genes": own["x"].shape[1], "n_classes": CLASSES, "embed_dim": WIDTH, "hidden_dim": HIDDEN,
            "heads": 4, "layers": 2, "dropout": 0, "lr": 0.001, "weight_decay": 0.0001, "steps": STEPS,
        }  # fmt: skip
        write(folder, name, model_arrays(mode, fusion, given), {key: str(value) for key, value in facts.items()})


def difference(found, expected):
    """Largest difference as a share of the expected array's largest magnitude."""
    scale = np.abs(expected).max() or 1.0
    return float(np.abs(found.astype(np.float64) - expected).max() / scale)


def compare(name, arrays, expected):
    """Prints the worst array of each precision; returns whether all agree."""
    missing = sorted(set(expected) - set(arrays))
    worst = {"f32": (0.0, ""), "f64": (0.0, "")}
    for key in sorted(set(expected) & set(arrays)):
        found, target = stored(arrays[key]), expected[key]
        if key in ("neighbor_idx", "attn_mask"):  # the order within a row is free
            found, target = np.sort(found, axis=1), np.sort(target, axis=1)
        elif key.endswith("in_proj_bias"):  # the key third has gradient 0: what stands there is rounding
            third = len(target) // 3
            found, target = np.delete(found, slice(third, 2 * third)), np.delete(target, slice(third, 2 * third))
        kind = "f64" if "64" in key.split(".")[0] else "f32"
        worst[kind] = max(worst[kind], (difference(found, target), key))
    text = ", ".join(f"{kind} {value:.1e} ({key})" for kind, (value, key) in worst.items())
    agrees = not missing and worst["f32"][0] < 2e-4 and worst["f64"][0] < 1e-9
    print(f"{'agrees' if agrees else 'DIFFERS'}  {name}: {text}" + (f"; not computed: {missing}" if missing else ""))
    return agrees


def check_all(folder):
    """Feeds the inputs and parameters of existing files to the models here and compares everything else."""
    cases = layer_cases()
    checked = agreeing = 0
    for path in sorted(folder.glob("*.safetensors")):
        name = path.stem.removeprefix("b_")
        mode = next((pair for pair in MODELS if name.replace("_narrow", "") == "model_{}_{}".format(*pair)), None)
        if name not in cases and mode is None:
            continue
        expected = load_file(path)
        tensors = {key: torch.tensor(value.astype(np.int64) if value.dtype == np.int32 else value) for key, value in expected.items()}
        given = {part: {k.removeprefix(part): v for k, v in tensors.items() if k.startswith(part)} for part in ("param.", "in.")}
        if mode:
            arrays = model_arrays(*mode, given["in."], given["param."])
        else:
            module, _, call, _ = cases[name]
            module.load_state_dict(given["param."])
            arrays = layer_arrays(name, module, given["in."], call, tensors["loss_weight"])
        checked += 1
        agreeing += compare(name, arrays, expected)
    print(f"{agreeing} of {checked} cases agree")
    return checked > 0 and agreeing == checked


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.check:
        sys.exit(not check_all(options.folder))
    write_all(options.folder)


main()
