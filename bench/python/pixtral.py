"""Pixtral's vision tower with Mistral3's patch merger and projector, as PyTorch modules.

Images of all sizes are packed into one matrix of patches, those of one area side by side, so that
every linear layer is one product without padding and attention is one unmasked call for each area.
An image token's four patches stand in a line, so that merging them is a reshape.
"""

import torch
import torch.nn.functional as F
from blocks import Mlp, rotate
from torch import nn


class Attention(nn.Module):
    """Attention of each image's patches to each other."""

    def __init__(self, v):
        super().__init__()
        self.heads, width = v["heads"], v["embedDim"]
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)

    def forward(self, x, images):
        q, k, v = (p(x).unflatten(-1, (self.heads, -1)) for p in (self.q_proj, self.k_proj, self.v_proj))
        q, k = rotate(q, images.cos, images.sin), rotate(k, images.cos, images.sin)
        apart = zip(*(t.split(images.group_patches) for t in (q, k, v)), images.groups)
        mixed = []
        for *heads, (count, _) in apart:
            grouped = (t.unflatten(0, (count, -1)).transpose(1, 2) for t in heads)
            mixed.append(F.scaled_dot_product_attention(*grouped).transpose(1, 2).flatten(0, 1))
        return self.o_proj(torch.cat(mixed).flatten(1))


class Block(nn.Module):
    def __init__(self, v, eps):
        super().__init__()
        self.attention_norm = nn.RMSNorm(v["embedDim"], eps=eps)
        self.attention = Attention(v)
        self.ffn_norm = nn.RMSNorm(v["embedDim"], eps=eps)
        self.feed_forward = Mlp(v)

    def forward(self, x, images):
        x = x + self.attention(self.attention_norm(x), images)
        return x + self.feed_forward(self.ffn_norm(x))


class VisionTower(nn.Module):
    def __init__(self, v, patch_size, eps):
        super().__init__()
        self.patch_conv = nn.Conv2d(3, v["embedDim"], patch_size, stride=patch_size, bias=False)
        self.ln_pre = nn.RMSNorm(v["embedDim"], eps=eps)
        layers = nn.ModuleList(Block(v, eps) for _ in range(v["layers"]))
        self.transformer = nn.ModuleDict({"layers": layers})

    def forward(self, images):
        # the convolution's strides do not overlap: one product of the patches
        x = self.ln_pre(F.linear(images.patches, self.patch_conv.weight.flatten(1)))
        for layer in self.transformer["layers"]:
            x = layer(x, images)
        return x


class Projector(nn.Module):
    """Merges each image token's patches and brings it to the decoder's width."""

    def __init__(self, v, width, merge_size, eps):
        super().__init__()
        self.merged = merge_size**2
        self.norm = nn.RMSNorm(v["embedDim"], eps=eps)
        merging_layer = nn.Linear(self.merged * v["embedDim"], v["embedDim"], bias=False)
        self.patch_merger = nn.ModuleDict({"merging_layer": merging_layer})
        self.linear_1 = nn.Linear(v["embedDim"], width, bias=False)
        self.linear_2 = nn.Linear(width, width, bias=False)

    def forward(self, x):
        # the merger's weight counts the four patches fastest, as torch's unfold gives them
        x = self.norm(x).unflatten(0, (-1, self.merged)).transpose(1, 2).flatten(1)
        return self.linear_2(F.gelu(self.linear_1(self.patch_merger["merging_layer"](x))))


class Images:
    """A batch's images as the tower reads them, made once, before any step."""

    def __init__(self, c, pixels):
        """`pixels`: of each of `c["images"]`, [height, width, 3], 0 to 255."""
        merge, size = c["mergeSize"], c["patchSize"]
        areas = [image["rows"] * image["columns"] for image in c["images"]]
        order = sorted(range(len(areas)), key=areas.__getitem__)
        # of each number of patches: images and patches of one
        self.groups = [(areas.count(n), n * merge**2) for n in sorted(set(areas))]
        self.group_patches = [count * patches for count, patches in self.groups]
        patches, positions, places = [], [], []
        for i in order:
            image = c["images"][i]
            rows, columns = image["rows"], image["columns"]
            blocks = (pixels[i] / 127.5 - 1).view(rows, merge, size, columns, merge, size, 3)
            patches.append(blocks.permute(0, 3, 1, 4, 6, 2, 5).reshape(-1, 3 * size * size))
            y, x = torch.meshgrid(
                torch.arange(rows * merge), torch.arange(columns * merge), indexing="ij"
            )
            grid = torch.stack((y, x)).view(2, rows, merge, columns, merge)
            positions.append(grid.permute(0, 1, 3, 2, 4).reshape(2, -1))
            # a break stands behind each row of image tokens
            line = torch.arange(rows * (columns + 1)).view(rows, columns + 1)[:, :-1]
            places.append(image["row"] * c["seqLen"] + image["column"] + line.flatten())
        self.patches = torch.cat(patches)
        self.places = torch.cat(places)
        self.cos, self.sin = rotary_tables(torch.cat(positions, 1), c["vision"], c["ropeTheta"])


def rotary_tables(positions, v, theta):
    """Even frequencies turn with the row, odd ones with the column; [patches, 1, headDim] each."""
    inverse = theta ** (-torch.arange(0, v["headDim"], 2).float() / v["headDim"])
    y, x = positions.float()
    angles = torch.cat((torch.outer(y, inverse[0::2]), torch.outer(x, inverse[1::2])), dim=-1)
    angles = torch.cat((angles, angles), dim=-1).unsqueeze(1)
    return angles.cos(), angles.sin()
