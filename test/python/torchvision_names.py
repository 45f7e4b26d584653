"""Makes torchvision importable where its compiled part is of another build than torch.

transformers imports torchvision wherever it is installed, for what is written in Python. torchvision
itself, when its compiled part cannot be loaded (made for CUDA, beside a torch for the CPU), still
looks for two of the operators in there by name. Import this before transformers.
"""

import sys

import torch

try:
    import torchvision
except ImportError:
    pass  # not installed: only images need it
except RuntimeError:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]
    operators = torch.library.Library("torchvision", "DEF")
    for name in ["nms", "qnms"]:
        operators.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision  # noqa: F401
