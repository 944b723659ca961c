"""The processes that engines.py times: how each engine is started for a line, and how it is asked."""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

HERE = pathlib.Path(__file__).resolve().parent
# What every engine may use, and what peer.py's settings are for.
THREADS = 2
OURS = "avocet"
PEAK = "matmul"
# How long a worker may take to load, and to answer over the time it was given.
PATIENCE_SECONDS = 180
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")
# Of OpenMP's and of oneDNN's behaviour: what the caller happens to have set must not reach the engines.
FOREIGN_VARIABLES = ("OMP_", "GOMP_", "KMP_", "DNNL_", "ONEDNN_", "OV_", "ORT_")


class WorkerError(Exception):
    """A worker that cannot do its line; the text says why."""


class Worker:
    """A process that speaks the protocol of plan_benchmark --interactive (tests/benchmark/README.md)."""

    def __init__(self, engine, setting, command):
        self.engine, self.setting = engine, setting
        self._errors = tempfile.TemporaryFile("w+")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN_VARIABLES)}
        self._process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, text=True,
                                         stdout=subprocess.PIPE, stderr=self._errors, env=environment)

    def _answer(self, patience):
        timer = threading.Timer(patience, self._process.kill)
        timer.start()
        try:
            line = self._process.stdout.readline()
        finally:
            timer.cancel()
        try:
            answer = json.loads(line)
        except ValueError:
            answer = None
        if not isinstance(answer, dict):
            raise WorkerError(self._complaint(line))
        return answer

    def _complaint(self, line):
        """Ends the process; returns why it did not answer."""
        self._stop()
        self._errors.seek(0)
        complaints = [text.strip() for text in self._errors.read().splitlines() if text.strip()]
        # CLI11 ends with a hint at --help.
        complaints = [text for text in complaints if not text.startswith("Run with --help")]
        if line.strip():
            return f"expected a JSON object, found {line.strip()[:100]}"
        return complaints[-1][:300] if complaints else f"ended with status {self._process.returncode}"

    def wait_until_ready(self):
        """Returns what the worker tells of itself; WorkerError if it cannot do this line."""
        return self._answer(PATIENCE_SECONDS)

    def measure(self, seconds):
        """Returns {"least", "median"} seconds a batch, of `seconds` of measuring."""
        try:
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # `_answer` finds out why.
        return self._answer(seconds + PATIENCE_SECONDS)

    def cpu_seconds(self):
        """What all threads of the process have used."""
        fields = pathlib.Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS

    def _stop(self):
        try:
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def close(self):
        self._stop()
        self._process.stdout.close()
        self._errors.close()


def our_settings(batch):
    """How the server could run the batch: name -> arguments of plan_benchmark."""
    settings = {f"{THREADS} threads": ["--threads", THREADS, "--plan-batch", batch]}
    for images in (1, 2, 4):
        if batch % (THREADS * images) == 0:
            settings[f"{THREADS} executors, {images} at once"] = ["--executors", THREADS, "--plan-batch", images]
    return settings


def peer_settings(precision, batch):
    """[(engine, setting of peer.py)]. A lone image gives streams and sessions nothing to share."""
    settings = [("openvino", "latency")]
    if batch > 1:
        settings += [("openvino", "throughput"), ("openvino", "streams")]
    if precision != "bf16":  # ONNX Runtime has no bfloat16 kernels for x86-64 CPUs.
        settings += [("onnxruntime", "session")]
        if batch % THREADS == 0:
            settings += [("onnxruntime", "sessions")]
    return settings


def start_workers(build, models, network, precision, batch):
    """Starts every engine of a line in all of its settings, and the machine's limit. They load side by side."""
    programs = build / "tests/benchmark"
    workers = [Worker(PEAK, "2048^3", [programs / "matmul_peak", "--precision", precision, "--threads", THREADS,
                                       "--interactive"])]
    for setting, arguments in our_settings(batch).items():
        workers.append(Worker(OURS, setting, [programs / "plan_benchmark", network, "--precision", precision,
                                              "--batch", batch, *arguments, "--interactive"]))
    for engine, setting in peer_settings(precision, batch):
        workers.append(Worker(engine, setting, [sys.executable, "-B", HERE / "peer.py", engine, setting, network,
                                                precision, batch, "--models", models]))
    return workers
