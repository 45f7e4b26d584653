"""What decoder and vision tower share."""

import torch
import torch.nn.functional as F
from torch import nn


def rotate(x, cos, sin):
    """Rotary embedding, half-split as in Hugging Face's Llama; channels last."""
    a, b = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-b, a), dim=-1) * sin


class Mlp(nn.Module):
    """SwiGLU."""

    def __init__(self, c):
        super().__init__()
        self.gate_proj = nn.Linear(c["embedDim"], c["mlpDim"], bias=False)
        self.up_proj = nn.Linear(c["embedDim"], c["mlpDim"], bias=False)
        self.down_proj = nn.Linear(c["mlpDim"], c["embedDim"], bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))
