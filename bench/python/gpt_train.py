"""PyTorch CPU baseline: whole training steps of the model that `foretoken` trains.

Driven line by line over standard input, so that its steps can be interleaved with ours:

    config {"mode": "eager" | "compile", "threads": 2, "vocabSize", "embedDim", "layers", "heads",
            "kvHeads", "headDim", "mlpDim", "ropeTheta", "rmsNormEps", "seqLen", "batchSize",
            "tokens", "targets": [batchSize * seqLen ids each], "ignoredTarget": -1,
            "vision": optional {"embedDim", "layers", "heads", "headDim", "mlpDim"},
            "patchSize", "mergeSize", "images": [{"row", "column" of the first token in the batch,
            "rows", "columns" of image tokens}], "learningRate", "weightDecay",
            "weights": path of a safetensors file with Hugging Face names,
            "pixels": path of one with "0", "1", ...: each image's [height, width, 3], 0 to 255}
      -> ready {"loss": nats before the first update, "gradients": {name: norm of it, clipped}, "seconds": set-up, "torch": version}
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
from llama import Llama
from pixtral import Images


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
        model = Llama(c)
        model.load_state_dict(read_safetensors(c["weights"]))
        self.names = [name for name, _ in model.named_parameters()]
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
        shape = (c["batchSize"], c["seqLen"])
        self.batch = [torch.tensor(c[name]).view(shape) for name in ("tokens", "targets")]
        if c["images"]:
            pixels = read_safetensors(c["pixels"])
            self.batch.append(Images(c, [pixels[str(i)] for i in range(len(pixels))]))
        self.evaluate = model
        self.forward = torch.compile(model) if c["mode"] == "compile" else model

    def step(self):
        self.gradients()
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)

    def gradients(self):
        """Clipped, by parameter."""
        self.forward(*self.batch).backward()
        torch.nn.utils.clip_grad_norm_(self.parameters, 1.0)
        return {name: p.grad for name, p in zip(self.names, self.parameters)}

    def loss(self):
        with torch.no_grad():
            return self.evaluate(*self.batch).item()

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
    gradients = {name: g.norm().item() for name, g in trainer.gradients().items()}
    trainer.optimizer.zero_grad(set_to_none=True)
    trainer.timed(3)
    seconds = time.perf_counter() - start
    ready = {"loss": loss, "gradients": gradients, "seconds": seconds, "torch": torch.__version__}
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
