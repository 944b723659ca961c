#!/usr/bin/env python3
"""Measures the served rate against what the cores could do, in one session.

    tests/benchmark/serving.py [--build build/release] [--models build/models] [--precision float32]
                               [--callers 1 8 32] [--seconds 10] [--rounds 3]

First, on all cores at once, the core-seconds that an image costs: decoding and preprocessing the four photographs of
tests/data/photos (image_benchmark) and running the network on one thread (plan_benchmark). Then one closed loop for each
number of `--callers` against avocet-server with those photographs. The server computes in the same precision and has this one
network, so that its memory is that of one. `share` is img/s times core-seconds an image, over the cores that the load generator
leaves: 1 would be a server that costs nothing beside decoding, preprocessing and the network.
"""
import argparse
import contextlib
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
PHOTOS = sorted(str(p) for p in (TOP / "tests/data/photos").glob("*.jpg"))
NETWORK = "tf_efficientnet_lite0"
# The server's names, and those of plan_benchmark.
PRECISIONS = {"float32": "f32", "bfloat16": "bf16", "int8": "int8"}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def on_every_core(command, cores):
    """Runs one process a core and returns their outputs."""
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for _ in range(cores)]
    outputs = [run.communicate()[0] for run in runs]
    if any(run.returncode for run in runs):
        sys.exit(f"failed: {' '.join(command)}")
    return outputs


def plan_command(build, precision, seconds):
    return [str(build / "tests/benchmark/plan_benchmark"), NETWORK, "--threads", "1", "--precision", PRECISIONS[precision],
            "--seconds", str(seconds)]


def core_seconds_an_image(build, precision, cores, seconds):
    images = [str(build / "tests/benchmark/image_benchmark"), "--benchmark_format=json",
              "--benchmark_filter=BM_DecodeAndPreprocess", f"--benchmark_min_time={seconds / 8}"]
    microseconds = [row["real_time"] for output in on_every_core(images, cores)
                    for row in json.loads(output)["benchmarks"]]
    plan = plan_command(build, precision, seconds)
    medians = [float(re.search(r"median ([0-9.]+) ms", output)[1]) for output in on_every_core(plan, cores)]
    return statistics.mean(microseconds) * 1e-6, statistics.mean(medians) * 1e-3


@contextlib.contextmanager
def only_the_network(models):
    """Yields a folder of models that holds no other."""
    model = (models / NETWORK).resolve()
    if not model.is_dir():
        sys.exit(f"no {NETWORK} in {models}: run deploy/fetch-models.sh lite0")
    with tempfile.TemporaryDirectory(prefix="avocet-serving-") as folder:
        (pathlib.Path(folder) / NETWORK).symlink_to(model)
        yield pathlib.Path(folder)


def server_command(build, models, precision, port):
    return [str(build / "server/avocet-server"), "--models", str(models), "--precision", precision,
            "--address", "127.0.0.1", "--port", str(port), "--no-metrics", "--log-level", "warn"]


@contextlib.contextmanager
def serving(build, models, precision):
    """Yields the address and the process of a server that is ready."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    with only_the_network(models) as folder:
        server = subprocess.Popen(server_command(build, folder, precision, port))
        try:
            health = [str(build / "client/avocet"), "health", "--server", address]
            while subprocess.run(health, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
                if server.poll() is not None:
                    sys.exit("the server did not start")
                time.sleep(0.2)
            yield address, server.pid
        finally:
            server.terminate()
            server.wait()


def load(build, address, callers, seconds):
    output = subprocess.run([str(build / "client/avocet"), "load", "--server", address, "--json", "--warmup", "1",
                             "--concurrency", str(callers), "--duration", str(seconds), *PHOTOS],
                            check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def resident_megabytes(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def measure_round(args, address, cores, turn):
    image, network = core_seconds_an_image(args.build, args.precision, cores, args.seconds)
    print(f"round {turn}: decode and preprocess {image * 1e3:.2f} ms, network in {args.precision} {network * 1e3:.2f} ms "
          f"an image on one of {cores} busy cores")
    for callers in args.callers:
        report = load(args.build, address, callers, args.seconds)
        rate, client = report["images_per_second"], report["client_cpu_seconds_per_second"]
        share = rate * (image + network) / (cores - client)
        latency = report["latency"]
        print(f"  {callers:2} callers: {rate:6.1f} img/s  p50 {latency['p50']:6.1f} ms  p99 {latency['p99']:6.1f} ms"
              f"  client {client:.3f} s/s  share {share:.2f}", flush=True)


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build/release")
    parser.add_argument("--models", type=pathlib.Path, default=TOP / "build/models")
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--callers", type=int, nargs="+", default=[1, 8, 32], metavar="N")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--soak", type=int, default=0, help="requests to send at the end, for the growth of memory")
    args = parser.parse_args(arguments)
    if min(args.callers) < 1:
        parser.error(f"--callers: expected positive numbers, found {min(args.callers)}")
    return args


def main():
    args = parse(sys.argv[1:])
    cores = len(os.sched_getaffinity(0))
    with serving(args.build, args.models, args.precision) as (address, pid):
        print(f"resident after start {resident_megabytes(pid):.0f} MB")
        for turn in range(args.rounds):
            measure_round(args, address, cores, turn + 1)
        if args.soak:
            first = args.soak // 10
            for requests in (first, args.soak - first):
                subprocess.run([str(args.build / "client/avocet"), "load", "--server", address, "--concurrency", "8",
                                "--requests", str(requests), *PHOTOS], check=True, stdout=subprocess.DEVNULL)
                print(f"resident {resident_megabytes(pid):.1f} MB after {requests} more requests", flush=True)


if __name__ == "__main__":
    main()
