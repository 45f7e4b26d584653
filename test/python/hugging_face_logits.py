"""Logits and greedy continuations of a model folder, as Hugging Face transformers computes them.

Usage: hugging_face_logits.py FOLDER < request.json > answer.json

The request is {"tokens": [id, ...], "prompts": [text, ...], "maxTokens": 32}; the answer is
{"logits": [[float per vocabulary entry] per token], "greedy": [{"promptTokens": [id, ...],
"tokens": [id, ...]} per prompt]}. Prompts are encoded without a chat template and special tokens
in them are parsed; a continuation never stops early, so that exactly maxTokens ids come back.
"""

import json
import sys

import torch
from hugging_face_model import load_as_it_is
from transformers import AutoModelForCausalLM, AutoTokenizer


@torch.no_grad()
def greedy(model, prompt_tokens, max_tokens):
    """Ids that follow the prompt; each is the most likely one, the lowest id among equals."""
    tokens = list(prompt_tokens)
    for _ in range(max_tokens):
        logits = model(torch.tensor([tokens])).logits[0, -1]
        tokens.append(int(torch.argmax(logits)))
    return tokens[len(prompt_tokens) :]


@torch.no_grad()
def main():
    folder = sys.argv[1]
    request = json.load(sys.stdin)
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = load_as_it_is(AutoModelForCausalLM, folder)
    answer = {"logits": [], "greedy": []}
    if request.get("tokens"):
        answer["logits"] = model(torch.tensor([request["tokens"]])).logits[0].tolist()
    for prompt in request.get("prompts", []):
        prompt_tokens = tokenizer.encode(prompt, add_special_tokens=False)
        tokens = greedy(model, prompt_tokens, request.get("maxTokens", 32))
        answer["greedy"].append({"promptTokens": prompt_tokens, "tokens": tokens})
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
