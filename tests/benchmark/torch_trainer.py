#!/usr/bin/env python3
"""Trains one network of timm in PyTorch, and measures steps when asked: the protocol of `--interactive` in README.md.

    tests/benchmark/torch_trainer.py NETWORK f32|bf16 BATCH SIZE [--no-optimizer]

Cross-entropy on one random batch, channels last, AdamW (--no-optimizer: forward and backward alone), two threads.
"""
import argparse
import json
import statistics
import sys
import time

import timm
import torch

THREADS = 2
LEAST_RUNS = 2


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network")
    parser.add_argument("precision", choices=("f32", "bf16"))
    parser.add_argument("batch", type=int)
    parser.add_argument("size", type=int)
    parser.add_argument("--no-optimizer", action="store_true")
    arguments = parser.parse_args()

    torch.set_num_threads(THREADS)
    model = timm.create_model(arguments.network, num_classes=1000).train().to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), 1e-4)
    images = torch.randn(arguments.batch, 3, arguments.size, arguments.size).to(memory_format=torch.channels_last)
    labels = torch.randint(0, 1000, (arguments.batch,))

    def step():
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16"):
            loss = torch.nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        if not arguments.no_optimizer:
            optimizer.step()

    step()
    print(json.dumps({"ready": True, "version": torch.__version__}), flush=True)
    for line in sys.stdin:
        times, begin = [], time.perf_counter()
        step()
        while len(times) < LEAST_RUNS or time.perf_counter() - begin < float(line):
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
        print(json.dumps({"least": min(times), "median": statistics.median(times)}), flush=True)


if __name__ == "__main__":
    main()
