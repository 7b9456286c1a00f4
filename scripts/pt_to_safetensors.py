#!/usr/bin/env python3
"""Turns a checkpoint of the published system (.pt) into safetensors, for `stomics import-checkpoint`; needs torch alone.

    python3 scripts/pt_to_safetensors.py best_model.pt best_model.safetensors

The file may hold the parameters themselves (a state_dict) or a dictionary with them inside (under model_state_dict,
state_dict, model, ...). Names of older PyTorch Geometric versions become today's: GATConv's lin_src and lin_l (with an
equal lin_dst or lin_r), att_l and att_r, GCNConv's weight [in, out]. A prefix module. or model. of all names goes.
Parameters become float32; whole numbers (counters) are left out, and said.
"""

import argparse
import json
import re
import struct
import sys

import torch


def is_parameters(value):
    return isinstance(value, dict) and value and all(isinstance(v, torch.Tensor) for v in value.values())


def find_parameters(value, path=""):
    """The state_dict in a loaded file, and where it lay; searched breadth first, so that the outermost is taken."""
    level = [(path, value)]
    while level:
        for where, candidate in level:
            if is_parameters(candidate):
                return candidate, where
        level = [
            (f"{where}/{key}", inner)
            for where, candidate in level
            if isinstance(candidate, dict)
            for key, inner in candidate.items()
            if isinstance(inner, dict)
        ]
    return None, ""


def load(path, trusted):
    try:
        return torch.load(path, map_location="cpu", weights_only=not trusted)
    except Exception as error:
        if trusted or "weights_only" not in str(error) and "Unsupported" not in str(error):
            raise SystemExit(f"{path} cannot be read: {error}") from error
        raise SystemExit(
            f"{path} holds more than tensors and plain values; reading it would run code from the file. If you trust it, "
            "give --trust-pickle."
        ) from error


def todays_names(parameters):
    """The parameters under the names that PyTorch Geometric gives them now."""
    for prefix in ("module.", "model."):
        if all(key.startswith(prefix) for key in parameters):
            parameters = {key.removeprefix(prefix): value for key, value in parameters.items()}
    result = {}
    for key, value in parameters.items():
        name = key
        if ".convs." in key:
            name = re.sub(r"\.lin_(src|dst|l|r)\.weight$", ".lin.weight", name)
            name = re.sub(r"\.att_l$", ".att_src", name)
            name = re.sub(r"\.att_r$", ".att_dst", name)
            if re.search(r"\.convs\.\d+\.weight$", name):  # before PyG 2: [in, out]
                name, value = name[: -len("weight")] + "lin.weight", value.t()
        if name in result and not torch.equal(result[name], value):
            raise SystemExit(f"{key}: sources and targets have different weights, which no published model has")
        result[name] = value
    return result


def write(path, parameters):
    header, offset, blocks = {}, 0, []
    for name in sorted(parameters):
        data = parameters[name].detach().to(torch.float32).contiguous().numpy().astype("<f4").tobytes()
        header[name] = {
            "dtype": "F32",
            "shape": list(parameters[name].shape),
            "data_offsets": [offset, offset + len(data)],
        }
        offset += len(data)
        blocks.append(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blocks))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source")
    parser.add_argument("target")
    parser.add_argument("--trust-pickle", action="store_true", help="also read files that run code when they are read")
    options = parser.parse_args()
    parameters, where = find_parameters(load(options.source, options.trust_pickle))
    if parameters is None:
        raise SystemExit(f"{options.source} holds no dictionary of tensors: save the model's state_dict()")
    counters = [key for key, value in parameters.items() if not value.is_floating_point()]
    if counters:
        print(f"left out, whole numbers: {', '.join(counters)}", file=sys.stderr)
    parameters = todays_names({key: value for key, value in parameters.items() if key not in counters})
    write(options.target, parameters)
    count = sum(value.numel() for value in parameters.values())
    print(f"{options.target}: {len(parameters)} parameters{f' from {where}' if where else ''}, {count:,} numbers")


main()
