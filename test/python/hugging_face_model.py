"""A model folder as transformers loads it, for the scripts beside this one."""

import sys

import torch
import torchvision_names  # noqa: F401


def load_as_it_is(auto_class, folder):
    """The model in float32, ready to be asked; ends the process when anything does not fit."""
    model, loading = auto_class.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    faults = {name: sorted(found) for name, found in loading.items() if found}
    if faults:
        sys.exit(f"{folder}: transformers did not load it as it is: {faults}")
    model.eval()
    return model
