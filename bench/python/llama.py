"""The model that `foretoken` trains, as a PyTorch module."""

import torch
import torch.nn.functional as F
from blocks import Mlp, rotate
from pixtral import Projector, VisionTower
from torch import nn


class Attention(nn.Module):
    """Causal grouped-query attention with half-split rotary positions."""

    def __init__(self, c):
        super().__init__()
        self.heads, self.kv_heads, self.head_dim = c["heads"], c["kvHeads"], c["headDim"]
        width = c["embedDim"]
        self.q_proj = nn.Linear(width, self.heads * self.head_dim, bias=False)
        self.k_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=False)
        self.v_proj = nn.Linear(width, self.kv_heads * self.head_dim, bias=False)
        self.o_proj = nn.Linear(self.heads * self.head_dim, width, bias=False)

    def forward(self, x, cos, sin):
        batch, time_, _ = x.shape
        q = self.q_proj(x).view(batch, time_, self.heads, self.head_dim).transpose(1, 2)
        k = self.k_proj(x).view(batch, time_, self.kv_heads, self.head_dim).transpose(1, 2)
        v = self.v_proj(x).view(batch, time_, self.kv_heads, self.head_dim).transpose(1, 2)
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        grouped = self.heads != self.kv_heads
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, enable_gqa=grouped)
        return self.o_proj(y.transpose(1, 2).reshape(batch, time_, -1))


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.input_layernorm = nn.RMSNorm(c["embedDim"], eps=c["rmsNormEps"])
        self.self_attn = Attention(c)
        self.post_attention_layernorm = nn.RMSNorm(c["embedDim"], eps=c["rmsNormEps"])
        self.mlp = Mlp(c)

    def forward(self, x, cos, sin):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Trunk(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.embed_tokens = nn.Embedding(c["vocabSize"], c["embedDim"])
        self.layers = nn.ModuleList(Block(c) for _ in range(c["layers"]))
        self.norm = nn.RMSNorm(c["embedDim"], eps=c["rmsNormEps"])


class Llama(nn.Module):
    """The decoder, with a tower before it if the model has one; returns the mean loss.

    Parameters are named as in the Hugging Face layout.
    """

    def __init__(self, c):
        super().__init__()
        self.model = Trunk(c)
        self.lm_head = nn.Linear(c["embedDim"], c["vocabSize"], bias=False)
        self.ignored = c["ignoredTarget"]
        vision, eps = c.get("vision"), c["rmsNormEps"]
        if vision:
            self.vision_tower = VisionTower(vision, c["patchSize"], eps)
            self.multi_modal_projector = Projector(vision, c["embedDim"], c["mergeSize"], eps)
        inverse = c["ropeTheta"] ** (-torch.arange(0, c["headDim"], 2).float() / c["headDim"])
        angles = torch.outer(torch.arange(c["seqLen"]).float(), inverse)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, inputs, targets, images=None):
        x = self.model.embed_tokens(inputs)
        if images is not None:
            features = self.multi_modal_projector(self.vision_tower(images))
            x = x.flatten(0, 1).index_copy(0, images.places, features).view_as(x)
        for layer in self.model.layers:
            x = layer(x, self.cos, self.sin)
        logits = self.lm_head(self.model.norm(x))
        return F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=self.ignored
        )
