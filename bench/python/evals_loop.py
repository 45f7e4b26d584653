"""The baseline of `npm run bench eval`: a plain loop with the semantics of openai/evals.

Not the framework itself: its Match evaluation with Python's standard library alone. Samples are shuffled with
seed 123, a pool of threads (the framework has 10) asks the server and keeps its connections, every answer is
compared by prefix, a `sampling` and a `match` event are written for each sample, and the accuracy is printed
with the seconds that the loop took. Arguments: host:port, a JSON Lines file of {"input", "ideal"}, threads, log.
"""

import http.client
import json
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

address, samples_path, threads, log_path = sys.argv[1:]
own = threading.local()
lock = threading.Lock()
events = []


def ask(messages):
    if not hasattr(own, "connection"):
        own.connection = http.client.HTTPConnection(address)
    body = json.dumps({"model": "stand-in", "messages": messages, "temperature": 0.0})
    headers = {"Content-Type": "application/json"}
    own.connection.request("POST", "/v1/chat/completions", body, headers)
    answer = json.loads(own.connection.getresponse().read())
    return answer["choices"][0]["message"]["content"]


def record(index, kind, data):
    with lock:
        event_id = len(events)
        events.append({"event_id": event_id, "sample_id": f"many.dev.{index}", "type": kind, "data": data})


def evaluate(indexed):
    index, sample = indexed
    messages = [{"role": "system", "content": sample["input"]}]
    sampled = ask(messages)
    record(index, "sampling", {"prompt": messages, "sampled": [sampled]})
    correct = sampled.startswith(sample["ideal"])
    record(index, "match", {"correct": correct, "expected": sample["ideal"], "sampled": sampled})


with open(samples_path, encoding="utf-8") as file:
    samples = list(enumerate(json.loads(line) for line in file))
start = time.perf_counter()
random.Random(123).shuffle(samples)
with ThreadPoolExecutor(int(threads)) as pool:
    for _ in pool.map(evaluate, samples):
        pass
matches = [event["data"]["correct"] for event in events if event["type"] == "match"]
report = {"accuracy": sum(matches) / len(matches)}
with open(log_path, "w", encoding="utf-8") as file:
    for event in events:
        file.write(json.dumps(event, ensure_ascii=False) + "\n")
    file.write(json.dumps({"final_report": report}) + "\n")
print(json.dumps({"seconds": time.perf_counter() - start, **report}))
