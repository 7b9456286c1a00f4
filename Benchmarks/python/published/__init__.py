"""The published system (PyTorch + PyTorch Geometric + scanpy + squidpy), re-created as the peer of the benchmarks.

Modules import only what they need, so that the peer's `preprocess` does not pay for importing torch.
"""
