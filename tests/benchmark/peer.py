#!/usr/bin/env python3
"""Runs one network in one peer engine and setting, and measures when asked.

    tests/benchmark/peer.py openvino|onnxruntime SETTING NETWORK f32|bf16|int8 BATCH [--models build/peers]

Prints one JSON line when it is ready (with the least cosine similarity of its logits to PyTorch's in float32), then, for every
line with a number of seconds on standard input, measures that long and prints the least and the median seconds a batch.
Idle, it takes no CPU time. The network's files come from peer_models.py.

OpenVINO's settings: `latency` takes the batch at once; `throughput` (its hint) and `streams` (two) take the images of the batch
one by one, as asynchronous requests. ONNX Runtime's: `session` has two threads and takes the batch at once; `sessions` are
two of one thread each, which take half of the batch each.
"""
import argparse
import concurrent.futures
import json
import pathlib
import statistics
import sys
import time

import numpy

import named_network

TOP = pathlib.Path(__file__).resolve().parents[2]
THREADS = 2
# At least so many batches a measurement, however long they take.
LEAST_RUNS = 2


class OpenVino:
    """`run` computes a batch, `logits` those of any images."""

    PROPERTIES = {"latency": {"PERFORMANCE_HINT": "LATENCY"}, "throughput": {"PERFORMANCE_HINT": "THROUGHPUT"},
                  "streams": {"NUM_STREAMS": THREADS}}

    def __init__(self, setting, models, network, precision, batch, images):
        import openvino
        self.version = openvino.__version__.split("-")[0]
        file = models / f"{network}.{'int8.xml' if precision == 'int8' else 'onnx'}"
        images_at_once = batch if setting == "latency" else 1
        core = openvino.Core()
        model = core.read_model(file)
        model.reshape({model.input(): [images_at_once, 3, *images.shape[2:]]})
        # What an int8 network leaves in floating point is faster in bfloat16 where the CPU has it.
        wide = "f32" if precision == "f32" or "BF16" not in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") \
            else "bf16"
        compiled = core.compile_model(model, "CPU", {**self.PROPERTIES[setting], "INFERENCE_NUM_THREADS": THREADS,
                                                     "INFERENCE_PRECISION_HINT": wide})
        if setting == "latency":
            self._request = compiled.create_infer_request()
            self._requests = [self._request]
            self.run = lambda: self._request.infer(share_outputs=True)
        else:
            # All images of the batch wait in the engine's own queue: no stream waits for Python.
            self._queue = openvino.AsyncInferQueue(compiled, batch)
            self._requests = list(self._queue)
            self._request = self._requests[0]
            self.run = self._run_queue
        for i, request in enumerate(self._requests):
            self._fill(request, images, i)

    @staticmethod
    def _fill(request, images, first):
        data = request.get_input_tensor().data
        for i in range(len(data)):
            data[i] = images[(first + i) % len(images)]

    def _run_queue(self):
        for _ in self._requests:
            self._queue.start_async()
        self._queue.wait_all()

    def logits(self, images):
        found = []
        while len(found) < len(images):
            self._fill(self._request, images, len(found))
            self._request.infer()
            found.extend(self._request.get_output_tensor().data.copy())
        return numpy.stack(found[:len(images)])


class OnnxRuntime:
    """`run` computes a batch, `logits` those of any images."""

    def __init__(self, setting, models, network, precision, batch, images):
        import onnxruntime
        self.version = onnxruntime.__version__
        if precision == "bf16":
            sys.exit("ONNX Runtime has no bfloat16 kernels for x86-64 CPUs")
        sessions = THREADS if setting == "sessions" else 1
        if batch % sessions:
            sys.exit(f"expected a batch that {sessions} sessions can share, found {batch}")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = THREADS // sessions
        file = models / f"{network}.{'int8.onnx' if precision == 'int8' else 'onnx'}"
        self._sessions = [onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
                          for _ in range(sessions)]
        share = numpy.ascontiguousarray(numpy.resize(images, (batch // sessions, *images.shape[1:])))
        self._bindings = []
        for session in self._sessions:
            binding = session.io_binding()
            binding.bind_cpu_input("x", share)
            binding.bind_output("y", "cpu")
            self._bindings.append(binding)
        self._pool = concurrent.futures.ThreadPoolExecutor(sessions)
        self.run = self._run_shares if sessions > 1 else lambda: self._run_share(0)

    def _run_share(self, index):
        self._sessions[index].run_with_iobinding(self._bindings[index])

    def _run_shares(self):
        list(self._pool.map(self._run_share, range(len(self._sessions))))

    def logits(self, images):
        return numpy.concatenate([self._sessions[0].run(["y"], {"x": images[i:i + 1]})[0]
                                  for i in range(len(images))])


ENGINES = {"openvino": (OpenVino, ("latency", "throughput", "streams")),
           "onnxruntime": (OnnxRuntime, ("session", "sessions"))}


def measure(run, seconds):
    """Least and median seconds of a run, after one that only brings the caches back."""
    run()
    times = []
    end = time.perf_counter() + seconds
    while len(times) < LEAST_RUNS or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return {"least": min(times), "median": statistics.median(times)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", choices=ENGINES)
    parser.add_argument("setting", choices=[setting for _, settings in ENGINES.values() for setting in settings])
    parser.add_argument("network")
    parser.add_argument("precision", choices=["f32", "bf16", "int8"])
    parser.add_argument("batch", type=int)
    parser.add_argument("--models", type=pathlib.Path, default=TOP / "build/peers")
    args = parser.parse_args()
    engine, settings = ENGINES[args.engine]
    if args.setting not in settings:
        sys.exit(f"expected a setting of {args.engine}: {', '.join(settings)}; found {args.setting}")
    if not (args.models / f"{args.network}.npz").exists():
        sys.exit(f"{args.models}/{args.network}.npz: not found; peer_models.py writes it")
    probe = numpy.load(args.models / f"{args.network}.npz")
    images, reference = probe["images"], probe["logits"]
    peer = engine(args.setting, args.models, args.network, args.precision, args.batch, images)
    fidelity = named_network.cosine(peer.logits(images), reference)
    peer.run()
    print(json.dumps({"ready": True, "cosine": fidelity, "version": peer.version}), flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(peer.run, float(line))), flush=True)


if __name__ == "__main__":
    main()
