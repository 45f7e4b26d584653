"""PyTorch CPU baseline: whole training steps of the decoder that `foretoken` trains.

Driven line by line over standard input, so that its steps can be interleaved with ours:

    config {"mode": "eager" | "compile", "threads": 2, "vocabSize", "embedDim", "layers", "heads",
            "kvHeads", "headDim", "mlpDim", "ropeTheta", "rmsNormEps", "seqLen", "batchSize",
            "tokens": [batchSize * (seqLen + 1) ids], "learningRate", "weightDecay",
            "weights": optional path of a safetensors file with Hugging Face names}
      -> ready {"loss": nats before the first update, "parameters": n, "seconds": set-up, "torch": version}
    steps N  -> seconds [N wall-clock seconds, one for each step]
    loss     -> loss NATS (of the current parameters)
    quit

A failure answers `error MESSAGE`. The step: forward, mean cross-entropy, backward, clipping to a
global norm of 1, AdamW (fused where PyTorch has it), all in float32.
"""

import json
import sys
import time

import torch
import torch.nn.functional as F
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


def rotate(x, cos, sin):
    """Rotary embedding, half-split as in Hugging Face's Llama; x [batch, heads, time, headDim]."""
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
    """The decoder, its parameters named as in the Hugging Face layout; returns the mean loss."""

    def __init__(self, c):
        super().__init__()
        self.model = Trunk(c)
        self.lm_head = nn.Linear(c["embedDim"], c["vocabSize"], bias=False)
        inverse = c["ropeTheta"] ** (-torch.arange(0, c["headDim"], 2).float() / c["headDim"])
        angles = torch.outer(torch.arange(c["seqLen"]).float(), inverse)
        angles = torch.cat((angles, angles), dim=-1)
        self.register_buffer("cos", angles.cos(), persistent=False)
        self.register_buffer("sin", angles.sin(), persistent=False)

    def forward(self, inputs, targets):
        x = self.model.embed_tokens(inputs)
        for layer in self.model.layers:
            x = layer(x, self.cos, self.sin)
        logits = self.lm_head(self.model.norm(x))
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def read_safetensors(path):
    """The float32 tensors of a safetensors file, without the safetensors package."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        body = bytearray(file.read())
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        if entry["dtype"] != "F32":
            raise ValueError(f"{path}: {name} is {entry['dtype']}, expected F32")
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(body, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.view(entry["shape"])
    return tensors


class Trainer:
    def __init__(self, c):
        torch.set_num_threads(c.get("threads", 2))
        torch.manual_seed(0)
        model = Llama(c)
        for parameter in model.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        if c.get("weights"):
            model.load_state_dict(read_safetensors(c["weights"]))
        self.parameters = list(model.parameters())
        matrices = [p for p in self.parameters if p.dim() > 1]
        vectors = [p for p in self.parameters if p.dim() <= 1]
        groups = [
            {"params": matrices, "weight_decay": c.get("weightDecay", 0.1)},
            {"params": vectors, "weight_decay": 0.0},
        ]
        settings = {"lr": c.get("learningRate", 1e-3), "betas": (0.9, 0.95), "eps": 1e-8}
        try:
            self.optimizer = torch.optim.AdamW(groups, fused=True, **settings)
        except (RuntimeError, TypeError):
            self.optimizer = torch.optim.AdamW(groups, **settings)
        batch = torch.tensor(c["tokens"]).view(c["batchSize"], c["seqLen"] + 1)
        self.inputs, self.targets = batch[:, :-1].contiguous(), batch[:, 1:].contiguous()
        self.evaluate = model
        self.forward = torch.compile(model) if c["mode"] == "compile" else model

    def step(self):
        self.forward(self.inputs, self.targets).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def loss(self):
        with torch.no_grad():
            return self.evaluate(self.inputs, self.targets).item()

    def timed(self, count):
        seconds = []
        for _ in range(count):
            start = time.perf_counter()
            self.step()
            seconds.append(time.perf_counter() - start)
        return seconds


def configure(text):
    start = time.perf_counter()
    trainer = Trainer(json.loads(text))
    loss = trainer.loss()
    trainer.timed(3)
    count = sum(p.numel() for p in trainer.parameters)
    seconds = time.perf_counter() - start
    ready = {"loss": loss, "parameters": count, "seconds": seconds, "torch": torch.__version__}
    return trainer, f"ready {json.dumps(ready)}"


def main():
    trainer = None
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        if command == "quit":
            return
        try:
            if command == "config":
                trainer, answer = configure(argument)
            elif command == "steps":
                answer = f"seconds {json.dumps(trainer.timed(int(argument)))}"
            elif command == "loss":
                answer = f"loss {trainer.loss()}"
            else:
                answer = f"error unknown command {command!r}"
        except Exception as error:  # the other side shows it and stops
            answer = "error " + " ".join(f"{type(error).__name__}: {error}".split())
        print(answer, flush=True)


main()
