#!/usr/bin/env python3
"""Training steps of this engine beside PyTorch's, in turns, on two threads.

    tests/benchmark/training.py [--networks a,b] [--precisions f32,bf16] [--batch 16] [--size 224] [--rounds 3] [--seconds 4]
                                [--no-optimizer]

A line a network and precision: images a second of both sides (by the least time a step of all rounds), their ratio, also to
the better of PyTorch's precisions, this engine's share of the machine's matrix product, and each process's peak memory. Needs
timm and torch (requirements.txt) and the programs training_benchmark and matmul_peak. A step is forward, loss, backward and
AdamW's on both sides; with --no-optimizer, without the last.
"""
import argparse
import json
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = TOP / "build/release/tests/benchmark"
NETWORKS = ("tf_efficientnet_lite0", "efficientnet_b0", "convnext_tiny", "resnet50")


class Worker:
    """A process that speaks the protocol of `--interactive`."""

    def __init__(self, name, command):
        self.name = name
        self.least = float("inf")
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.facts = self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit(f"{self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def measure(self, seconds):
        self.process.stdin.write(f"{seconds}\n")
        self.process.stdin.flush()
        self.least = min(self.least, self.read()["least"])

    def peak_megabytes(self):
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmHWM"))

    def end(self):
        self.process.stdin.close()
        self.process.wait()


def workers_of(arguments, network, precisions):
    """Returns workers by (side, precision): ours, torch, and the matrix product as peak."""
    size, batch = str(arguments.size), str(arguments.batch)
    options = ["--no-optimizer"] if arguments.no_optimizer else []
    workers = {}
    for precision in precisions:
        workers["ours", precision] = Worker(f"training_benchmark {network} {precision}", [
            PROGRAMS / "training_benchmark", network, "--precision", precision, "--batch", batch, "--size", size,
            "--interactive", *options])
        workers["torch", precision] = Worker(f"torch_trainer.py {network} {precision}", [
            sys.executable, TOP / "tests/benchmark/torch_trainer.py", network, precision, batch, size, *options])
        workers["peak", precision] = Worker(f"matmul_peak {precision}", [
            PROGRAMS / "matmul_peak", "--precision", precision, "--interactive"])
    return workers


def compare(arguments, network):
    precisions = arguments.precisions.split(",")
    workers = workers_of(arguments, network, precisions)
    for _ in range(arguments.rounds):
        for (side, _), worker in workers.items():
            worker.measure(0.3 if side == "peak" else arguments.seconds)
    rate = {key: arguments.batch / worker.least for key, worker in workers.items()}
    better = max(rate["torch", precision] for precision in precisions)
    for precision in precisions:
        ours, theirs, peak = (workers[side, precision] for side in ("ours", "torch", "peak"))
        # The backward pass multiplies twice as much as the forward pass.
        speed = 6 * ours.facts["multiply_adds"] * rate["ours", precision]
        share = speed / (peak.facts["operations"] / peak.least)
        print(f"{network:24s} {precision:5s} {rate['ours', precision]:8.1f} {rate['torch', precision]:8.1f}"
              f" {rate['ours', precision] / rate['torch', precision]:7.2f} {rate['ours', precision] / better:9.2f}"
              f" {100 * share:7.0f} % {ours.peak_megabytes():8.0f} {theirs.peak_megabytes():8.0f}", flush=True)
    for worker in workers.values():
        worker.end()


def has_bfloat16():
    """Whether the CPU has the instructions; without them, PyTorch emulates bfloat16 and avocet-train refuses it."""
    return "avx512_bf16" in pathlib.Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--precisions", default="f32,bf16" if has_bfloat16() else "f32", help="default here: %(default)s")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--no-optimizer", action="store_true", help="forward, loss and backward alone")
    arguments = parser.parse_args()
    print(f"{'':30s} {'img/s':>8s} {'PyTorch':>8s} {'ratio':>7s} {'to better':>9s} {'of peak':>9s} {'MB':>8s} {'PyTorch':>8s}")
    for network in arguments.networks.split(","):
        compare(arguments, network)


if __name__ == "__main__":
    main()
