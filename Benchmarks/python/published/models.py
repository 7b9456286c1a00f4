"""The published models: MLP, GAT or GCN, image and embedding encoders, fused by a gate or by cross-attention over neighbours.

Letters: N spots, G genes, D embedding, Hd hidden, C classes, E edges, K longest neighbour list.
Edges go source -> target; edge_index is [2, E] with sources in row 0 and targets in row 1.
Attribute names are those of the published checkpoints (`expr_encoder.mlp.0.weight`, `fusion.cross_attns.1.in_proj_bias`, ...).
"""

import torch
from torch import nn
from torch.nn import functional as F
from torch_geometric.nn import GATConv, GCNConv

MODES = (
    "expr_only", "gat_only", "gcn_only", "concat", "full", "gcn_full", "img_expr", "multimodal",
    "scgpt_only", "scgpt", "geneformer_only", "geneformer",
)  # fmt: skip
FUSIONS = ("cross_attention", "gated")


class ExpressionEncoder(nn.Module):
    """LayerNorm over the genes, then Linear - GELU - Dropout - Linear. [N, G] -> [N, D]."""

    def __init__(self, genes, hidden, width, dropout):
        super().__init__()
        self.norm = nn.LayerNorm(genes)
        self.mlp = nn.Sequential(
            nn.Linear(genes, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width)
        )

    def forward(self, x):
        return self.mlp(self.norm(x))


class GraphEncoder(nn.Module):
    """Layers of convolution - LayerNorm - ELU - Dropout with a residual where the widths match. [N, in] -> [N, D]."""

    def __init__(self, inputs, width, heads=4, layers=2, dropout=0.1, attention=True):
        super().__init__()
        self.convs = nn.ModuleList(
            GATConv(inputs if layer == 0 else width, width // heads, heads=heads, dropout=dropout)
            if attention
            else GCNConv(inputs if layer == 0 else width, width)
            for layer in range(layers)
        )
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
        self.dropout = nn.Dropout(dropout)

    def forward(self, x, edge_index):
        for conv, norm in zip(self.convs, self.norms):
            y = self.dropout(F.elu(norm(conv(x, edge_index))))
            x = x + y if x.shape == y.shape else y
        return x


def neighbour_lists(edge_index, spots):
    """Pads the incoming neighbours of every spot to one length.

    Returns the neighbours [N, K] and a mask [N, K] that is true where padded. A spot without neighbours lists itself.
    """
    source, target = edge_index
    order = torch.argsort(target)
    source, target = source[order], target[order]
    degree = torch.bincount(target, minlength=spots)
    first = torch.cumsum(degree, 0) - degree
    slot = torch.arange(len(target), device=target.device) - first[target]
    longest = max(int(degree.max()) if len(target) else 0, 1)

    neighbours = torch.zeros(spots, longest, dtype=torch.long, device=target.device)
    padded = torch.ones(spots, longest, dtype=torch.bool, device=target.device)
    neighbours[target, slot] = source
    padded[target, slot] = False
    alone = degree == 0
    neighbours[alone, 0] = torch.nonzero(alone).flatten()
    padded[alone, 0] = False
    return neighbours, padded


class CrossAttentionFusion(nn.Module):
    """Every spot's expression attends to the spatial embeddings of its neighbours; post-norm, an FFN a layer."""

    def __init__(self, width, heads=4, layers=2, dropout=0.1):
        super().__init__()
        # Made layer by layer: with one seed the initial weights are then the published ones.
        self.cross_attns, self.ffns, self.norm1s, self.norm2s = (nn.ModuleList() for _ in range(4))
        for _ in range(layers):
            self.cross_attns.append(nn.MultiheadAttention(width, heads, dropout=dropout, batch_first=True))
            self.norm1s.append(nn.LayerNorm(width))
            self.ffns.append(
                nn.Sequential(
                    nn.Linear(width, 2 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(2 * width, width)
                )
            )
            self.norm2s.append(nn.LayerNorm(width))
        self.dropout = nn.Dropout(dropout)

    def forward(self, expression, spatial, edge_index):
        neighbours, padded = neighbour_lists(edge_index, len(expression))
        keys = spatial[neighbours]  # [N, K, D]: every padded copy is projected again by each layer
        x = expression
        for attention, ffn, norm1, norm2 in zip(self.cross_attns, self.ffns, self.norm1s, self.norm2s):
            mixed, _ = attention(x.unsqueeze(1), keys, keys, key_padding_mask=padded)
            x = norm1(x + self.dropout(mixed.squeeze(1)))
            x = norm2(x + self.dropout(ffn(x)))
        return x


class GatedFusion(nn.Module):
    """f = g * expression + (1 - g) * spatial with a learned gate g; LayerNorm(f + FFN(f))."""

    def __init__(self, width, dropout=0.1):
        super().__init__()
        self.gate = nn.Sequential(nn.Linear(2 * width, width), nn.Sigmoid())
        self.ffn = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, expression, spatial, edge_index=None):
        gate = self.gate(torch.cat([expression, spatial], dim=1))
        mixed = gate * expression + (1 - gate) * spatial
        return self.norm(mixed + self.ffn(mixed))


class ImageEncoder(nn.Module):
    """LayerNorm over the features, then Linear - GELU - Dropout - Linear. [N, F] -> [N, D]."""

    def __init__(self, features, width, dropout=0.1):
        super().__init__()
        self.projection = nn.Sequential(
            nn.LayerNorm(features), nn.Linear(features, width), nn.GELU(), nn.Dropout(dropout), nn.Linear(width, width)
        )

    def forward(self, features):
        return self.projection(features)


class Model(nn.Module):
    """One of the published modes. Returns logits [N, C] and the embedding they are read from ([N, D]; [N, 2D] in concat).

    `features` is the width of the image features or of the embedding, in the modes that have one.
    """

    def __init__(
        self, genes, classes, mode="full", fusion="cross_attention", width=128, hidden=256, heads=4, layers=2, dropout=0.1,
        features=0,
    ):  # fmt: skip
        super().__init__()
        if mode not in MODES or fusion not in FUSIONS:
            raise ValueError(f"mode {mode!r} of {MODES}, fusion {fusion!r} of {FUSIONS}")
        self.mode = mode
        alone = mode.endswith("_only")
        self.embeds = mode.removesuffix("_only") in ("scgpt", "geneformer")
        # Made in this order: with one seed the initial weights are then the published ones.
        if self.embeds:
            self.projection_name = mode.removesuffix("_only") + "_projection"
            projection = nn.Sequential(nn.LayerNorm(features), nn.Linear(features, width), nn.GELU(), nn.Dropout(dropout))
            self.add_module(self.projection_name, projection)
        if mode in ("img_expr", "multimodal"):
            self.image_encoder = ImageEncoder(features, width, dropout)
        if not self.embeds and mode not in ("gat_only", "gcn_only"):
            self.expr_encoder = ExpressionEncoder(genes, hidden, width, dropout)
        if mode in ("gat_only", "gcn_only", "concat", "full", "gcn_full", "multimodal") or (self.embeds and not alone):
            inputs = genes if mode in ("gat_only", "gcn_only") else width
            self.spatial_encoder = GraphEncoder(inputs, width, heads, layers, dropout, not mode.startswith("gcn"))
        if mode in ("full", "gcn_full", "img_expr", "multimodal") or (self.embeds and not alone):
            # Image and expression are always gated: cross-attention would bring in the spatial graph.
            self.fusion = (
                CrossAttentionFusion(width, heads, layers, dropout)
                if fusion == "cross_attention" and mode != "img_expr"
                else GatedFusion(width, dropout)
            )
        if mode == "multimodal":
            self.multimodal_gate = nn.Sequential(nn.Linear(2 * width, width), nn.Sigmoid())
            self.multimodal_norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(2 * width if mode == "concat" else width, classes)

    def embed(self, x, edge_index, features):
        if self.mode in ("gat_only", "gcn_only"):
            return self.spatial_encoder(x, edge_index)
        own = getattr(self, self.projection_name)(features) if self.embeds else self.expr_encoder(x)
        if self.mode.endswith("_only"):
            return own
        if self.mode == "img_expr":
            return self.fusion(own, self.image_encoder(features))
        spatial = self.spatial_encoder(own, edge_index)
        if self.mode == "concat":
            return torch.cat([own, spatial], dim=1)
        fused = self.fusion(own, spatial, edge_index)
        if self.mode != "multimodal":
            return fused
        image = self.image_encoder(features)
        gate = self.multimodal_gate(torch.cat([fused, image], dim=1))
        return self.multimodal_norm(gate * fused + (1 - gate) * image)

    def forward(self, x, edge_index, features=None):
        embedding = self.embed(x, edge_index, features)
        return self.classifier(embedding), embedding


def parameter_count(model):
    return sum(p.numel() for p in model.parameters())
