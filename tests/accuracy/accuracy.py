#!/usr/bin/env python3
"""Compares int8 and bfloat16 with float32 on crops and flips of photographs, and checks the bounds.

Quantizes each model with some photographs and evaluates it on others (photographs.py). Exit status 1 if a bound is
missed. Needs pip, the built avocet-model and fetched models (deploy/fetch-models.sh all).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

import photographs

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ("tf_efficientnet_lite0", "tf_efficientnet_lite1", "tf_efficientnet_lite2")
LEAST_COSINE = {"int8": 0.99, "bfloat16": 0.999}  # mean, of the logits
LEAST_AGREEMENT = 0.98  # among images to which float32 gives 0.5 or more
CALIBRATION_VIEWS = 16


def run(arguments, command):
    result = subprocess.run([str(arguments.tool), *map(str, command)], stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        raise SystemExit(f"accuracy.py: avocet-model {command[0]} failed")
    return result.stdout


def evaluate(arguments, model, images, *more):
    output = run(arguments, ["evaluate", model, "--images", images, "--json", "--threads", arguments.threads, *more])
    return json.loads(output)


def misses(precision, comparison):
    """Which bounds `comparison` misses."""
    found = []
    if comparison["mean_cosine"] <= LEAST_COSINE[precision]:
        found.append(f"expected a mean cosine above {LEAST_COSINE[precision]}")
    if comparison["certain_agreeing"] < LEAST_AGREEMENT * comparison["certain"]:
        found.append(f"expected the same class for {LEAST_AGREEMENT:.0%} of the certain images")
    if comparison["certain"] == 0:
        found.append("expected images of which float32 is certain")
    return found


def report(name, precision, result):
    comparison, count = result["comparison"], result["images"]
    print(f"{name:24} {precision:9} {count:6} {comparison['agreeing'] / count:10.2%}"
          f" {comparison['certain_agreeing']:5}/{comparison['certain']:<5} {comparison['mean_cosine']:.5f}"
          f" {comparison['least_cosine']:.5f} {comparison['largest_probability_change']:.4f}", flush=True)  # fmt: skip
    found = misses(precision, comparison)
    for miss in found:
        print(f"  {miss}")
    return not found


def check_model(arguments, name, pictures, scratch):
    model = arguments.models / name / "1"
    views = -(-arguments.images // len(photographs.EVALUATION))
    run(arguments, ["quantize", model, "--images", pictures / "calibration", "--views", CALIBRATION_VIEWS, "--threads",
                    arguments.threads, "--output", scratch / name])  # fmt: skip
    evaluation = pictures / "evaluation"
    int8 = evaluate(arguments, scratch / name / "1", evaluation, "--against", model, "--views", views)
    passed = [report(name, "int8", int8)]
    if has_bfloat16():
        bfloat16 = evaluate(arguments, model, evaluation, "--views", views, "--precision", "bfloat16",
                            "--against-precision", "float32")  # fmt: skip
        passed.append(report(name, "bfloat16", bfloat16))
    else:
        print(f"{name:24} bfloat16  this CPU has no instructions for it")
    return all(passed)


def has_bfloat16():
    return "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tool", type=pathlib.Path, default=CHECKOUT / "build/release/engine/tool/avocet-model")
    parser.add_argument("--models", type=pathlib.Path, default=CHECKOUT / "build/models")
    parser.add_argument("--photographs", type=pathlib.Path, default=CHECKOUT / "build/photographs")
    parser.add_argument("--images", type=int, default=504, help="crops and flips of each model, in all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("names", nargs="*", default=MODELS, help="models; without: lite0, lite1, lite2")
    arguments = parser.parse_args()
    photographs.fetch(arguments.photographs)
    print("MODEL                    PRECISION IMAGES SAME CLASS    CERTAIN  COSINE   LEAST  CHANGE")
    with tempfile.TemporaryDirectory() as scratch:
        passed = [check_model(arguments, name, arguments.photographs, pathlib.Path(scratch))
                  for name in arguments.names]  # fmt: skip
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
