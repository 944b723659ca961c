#!/usr/bin/env python3
"""Trains LeNet-5 on digits with avocet-train, from scratch, for some seeds, by the line in the README.

    tests/benchmark/digits.py DATA [--seeds 1 2 3] [--avocet-train FILE]

DATA is what deploy/datasets/prepare_digits.py writes. Prints top-1 on the validation images and the time of each seed, and the means.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
RECIPE = ("--model", "lenet5", "--epochs", "80", "--learning-rate", "0.003")


def train(program, data, seed):
    """(top-1 in percent, seconds)"""
    begin = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        command = [str(program), str(data), *RECIPE, "--seed", str(seed), "--output", f"{folder}/run"]
        result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    seconds = time.monotonic() - begin
    found = re.search(r"the finished weights: top-1 ([\d.]+) %", result.stdout)
    if result.returncode != 0 or found is None:
        raise SystemExit(f"digits.py: {' '.join(command)} failed:\n{result.stdout[-2000:]}")
    return float(found[1]), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--avocet-train", type=pathlib.Path, default=TOP / "build/release/engine/train/avocet-train")
    arguments = parser.parse_args()
    rows = []
    print(f"{'seed':>5} {'top-1 %':>8} {'s':>5}")
    for seed in arguments.seeds:
        rows.append(train(arguments.avocet_train, arguments.data, seed))
        print(f"{seed:5d} {rows[-1][0]:8.2f} {rows[-1][1]:5.0f}", flush=True)
    top1, seconds = (statistics.mean(column) for column in zip(*rows))
    print(f"{'mean':>5} {top1:8.2f} {seconds:5.0f}")


if __name__ == "__main__":
    main()
