"""Makes model folders of random weights, written by Hugging Face transformers itself.

Usage: hugging_face_folders.py PROCESSOR_FOLDER OUT < request.json

The request is [{"name": str, "architecture": class name, "config": {...}, "dtype": "bfloat16",
"maxShardSize": "40KB", "tokenizer": FOLDER}]; each becomes the folder OUT/name, with the tokenizer of
its own folder or PROCESSOR_FOLDER and, for a model that reads images, its image processor.
"""

import json
import sys
from pathlib import Path

import torch
import torchvision_names  # noqa: F401
import transformers
from transformers import AutoProcessor, AutoTokenizer


@torch.no_grad()
def random_model(model_class, config, known_tokens):
    """Matrices hand on about the variance they get, so that every part moves the logits.

    Rows behind known_tokens, which pad the vocabulary, are zeros: our engine never writes them.
    """
    model = model_class(model_class.config_class(**config))
    for name, values in model.named_parameters():
        values.normal_()
        if values.dim() == 1:
            values.mul_(0.1).add_(1)
        elif "embed_tokens" in name:
            values.mul_(0.5)
        else:
            values.mul_(1.5 * values[0].numel() ** -0.5)
    for embeddings in [model.get_input_embeddings(), model.get_output_embeddings()]:
        embeddings.weight[known_tokens:] = 0
    return model


def main():
    processors, out = sys.argv[1], Path(sys.argv[2])
    for index, asked in enumerate(json.load(sys.stdin)):
        torch.manual_seed(index)
        model_class = getattr(transformers, asked["architecture"])
        tokenizer = asked.get("tokenizer", processors)
        known_tokens = len(AutoTokenizer.from_pretrained(tokenizer))
        model = random_model(model_class, asked["config"], known_tokens)
        folder = out / asked["name"]
        model.to(getattr(torch, asked["dtype"])).save_pretrained(
            folder, max_shard_size=asked.get("maxShardSize", "50GB")
        )
        reads_images = "vision_config" in asked["config"]
        auto_class = AutoProcessor if reads_images else AutoTokenizer
        auto_class.from_pretrained(tokenizer).save_pretrained(folder)


if __name__ == "__main__":
    main()
