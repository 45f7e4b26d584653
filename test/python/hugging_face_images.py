"""What Hugging Face transformers makes of prompts with images, from a model folder as it is.

Usage: hugging_face_images.py FOLDER < request.json > answer.json

The request is {"prompts": [{"messages" or "text": ..., "images": [path, ...]}], "maxTokens": 24};
the answer is a list with, for each prompt, {"text": str, "tokens": [id, ...], "promptTokens": int,
"images": [{"size": [height, width], "pixels": [float, ...]}], "logits": [[float per vocabulary
entry] per token]}. `tokens` is the prompt, its images written out, and then exactly maxTokens
greedy ones; `pixels` are [3, height, width].
"""

import json
import sys

import torch
from hugging_face_model import load_as_it_is
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor


@torch.no_grad()
def answer(model, processor, prompt, max_tokens):
    text = prompt.get("text")
    if text is None:
        text = processor.apply_chat_template(prompt["messages"], add_generation_prompt=True)
    images = [Image.open(path) for path in prompt["images"]]
    inputs = processor(text=text, images=images or None, return_tensors="pt")
    generated = model.generate(**inputs, max_new_tokens=max_tokens, do_sample=False)
    seen = {name: inputs[name] for name in ["pixel_values", "image_sizes"] if name in inputs}
    logits = model(input_ids=generated, **seen).logits[0]
    sizes = [size.tolist() for size in seen.get("image_sizes", [])]
    return {
        "text": text,
        "tokens": generated[0].tolist(),
        "promptTokens": inputs["input_ids"].shape[1],
        "images": [
            {"size": size, "pixels": pixels[:, : size[0], : size[1]].flatten().tolist()}
            for size, pixels in zip(sizes, seen.get("pixel_values", []))
        ],
        "logits": logits.tolist(),
    }


def main():
    folder = sys.argv[1]
    request = json.load(sys.stdin)
    processor = AutoProcessor.from_pretrained(folder)
    model = load_as_it_is(AutoModelForImageTextToText, folder)
    model.generation_config.eos_token_id = None  # so that exactly maxTokens come
    answers = [
        answer(model, processor, prompt, request["maxTokens"]) for prompt in request["prompts"]
    ]
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
