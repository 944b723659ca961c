#!/usr/bin/env python3
"""Compares this engine with its peers, in one session.

    tests/benchmark/engines.py [--networks N...] [--precisions P...] [--batches B...] [--rounds 8] [--seconds 0.25]
                               [--json FILE] [--picture FILE.png] [--from FILE]

For every line of networks x precisions x batches, all engines are loaded in all of their settings, and measured one after
the other while the others idle, in several rounds with the order rotated. The best setting of each engine counts. Prints the
comparison and every measurement as tables; tests/benchmark/README.md explains them. `--json` keeps the measurements, line by
line: what the file holds of other lines stays, so a long run can be done in pieces. `--from` measures nothing: it shows such
a file. Run it with the Python that has the packages of requirements.txt, after peer_models.py.
"""
import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import sys
import time

import engine_table
import engine_workers

TOP = pathlib.Path(__file__).resolve().parents[2]
# A worker that idles may wake up now and then, but must not take time from the one that is measured.
LARGEST_IDLE_LOAD = 0.02
# Of the machine's limit between rounds; with less, ratios of a few percent mean nothing.
LEAST_STEADINESS = 0.85
SETTLING_SECONDS = 0.3
IDLE_SECONDS = 0.5


def spinning(workers):
    """[(worker, load)] of those that use CPU time although nobody asked them anything."""
    time.sleep(SETTLING_SECONDS)
    before = [worker.cpu_seconds() for worker in workers]
    time.sleep(IDLE_SECONDS)
    loads = [(worker.cpu_seconds() - used) / IDLE_SECONDS for worker, used in zip(workers, before)]
    return [(worker, load) for worker, load in zip(workers, loads) if load > LARGEST_IDLE_LOAD]


def measure_line(workers, rounds, seconds):
    """Returns (results, missing, operations a second of the machine's limit) of the workers of one line."""
    facts, missing = {}, []

    def give_up(worker, error):
        print(f"not measured: {worker.engine}, {worker.setting}: {error}", file=sys.stderr)
        missing.append({"engine": worker.engine, "setting": worker.setting, "reason": str(error)})
        facts.pop(worker, None)

    for worker in workers:
        try:
            facts[worker] = worker.wait_until_ready()
        except engine_workers.WorkerError as error:
            give_up(worker, error)
    answers = {worker: [] for worker in facts}
    for turn in range(rounds):
        present = list(facts)
        first = turn % max(1, len(present))
        for worker in present[first:] + present[:first]:
            try:
                answers[worker].append(worker.measure(seconds))
            except engine_workers.WorkerError as error:
                give_up(worker, error)
    # Last: cores that rested may come back slower, where a hypervisor moves them about.
    for worker, load in spinning(list(facts)):
        print(f"warning: {worker.engine}, {worker.setting}: takes {load:.0%} of a core while it idles", file=sys.stderr)
    results, peak = [], None
    for worker, told in facts.items():
        timing = {"least": min(answer["least"] for answer in answers[worker]),
                  "median": statistics.median(answer["median"] for answer in answers[worker])}
        if worker.engine == engine_workers.PEAK:
            peak = told["operations"] / timing["least"]
            steadiness = timing["least"] / max(answer["median"] for answer in answers[worker])
            if steadiness < LEAST_STEADINESS:
                print(f"warning: the machine is unsteady: in one round it had {steadiness:.0%} of its peak",
                      file=sys.stderr)
        else:
            told.pop("ready", None)
            results.append({"engine": worker.engine, "setting": worker.setting, **told, **timing})
    return results, missing, peak


def machine():
    name = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return {"cpu": name[1] if name else platform.processor(), "cores": len(os.sched_getaffinity(0)),
            "kernel": platform.release()}


def read_report(path):
    """A report that was written before; ends the program with a clear message for anything else."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        sys.exit(f"{path}: expected the JSON of engines.py: {error}")
    fields = {"network", "precision", "batch", "results", "missing"}
    if not isinstance(report, dict) or not isinstance(report.get("lines"), list):
        sys.exit(f'{path}: expected the JSON of engines.py, an object with "lines"')
    for index, line in enumerate(report["lines"]):
        absent = fields - set(line) if isinstance(line, dict) else fields
        if absent:
            sys.exit(f"{path}: lines[{index}]: expected {', '.join(sorted(fields))}; missing {', '.join(sorted(absent))}")
        if line["precision"] not in engine_table.PRECISIONS:
            sys.exit(f"{path}: lines[{index}].precision: expected one of {', '.join(engine_table.PRECISIONS)}; "
                     f"found {line['precision']}")
    return report


def write_report(path, report):
    """Beside, then renamed: an interrupted run keeps what the file held."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with beside.open("w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def measure(args):
    """Measures the lines that `args` asks for, and returns the report with them."""
    lines = [(network, precision, batch) for network in args.networks for precision in args.precisions
             for batch in args.batches]
    absent = sorted({str(path) for network, _, _ in lines for suffix in (".onnx", ".int8.xml", ".int8.onnx", ".npz")
                     if not (path := args.models / f"{network}{suffix}").exists()})
    if absent:
        sys.exit(f"{absent[0]}: not found; tests/benchmark/peer_models.py --out {args.models} writes it")
    for program in ("plan_benchmark", "matmul_peak"):
        if not (args.build / "tests/benchmark" / program).exists():
            sys.exit(f"{args.build}/tests/benchmark/{program}: not found; cmake --build {args.build} makes it")
    report = read_report(args.json) if args.json and args.json.exists() else {"lines": []}
    report["machine"] = machine()
    for network, precision, batch in lines:
        begin = time.monotonic()
        workers = engine_workers.start_workers(args.build, args.models, network, precision, batch)
        try:
            results, missing, peak = measure_line(workers, args.rounds, args.seconds)
        finally:
            for worker in workers:
                worker.close()
        line = {"network": network, "precision": precision, "batch": batch, "peak": peak, "results": results,
                "missing": missing, "rounds": args.rounds, "seconds": args.seconds,
                "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds")}
        report["lines"] = [other for other in report["lines"]
                           if (other["network"], other["precision"], other["batch"]) != (network, precision, batch)]
        report["lines"].append(line)
        if args.json:
            write_report(args.json, report)
        one = engine_table.row(line)
        ratio = f"{one.ratio:.2f} times the best peer, " if one.ratio else ""
        print(f"{network} {precision} batch {batch}: {ratio}{one.verdict} ({time.monotonic() - begin:.0f} s)",
              file=sys.stderr, flush=True)
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", nargs="+", choices=engine_table.NETWORKS, default=engine_table.NETWORKS)
    parser.add_argument("--precisions", nargs="+", choices=engine_table.PRECISIONS, default=engine_table.PRECISIONS)
    parser.add_argument("--batches", nargs="+", type=int, default=engine_table.BATCHES)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=0.25, help="of measuring, an engine, setting and round")
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build/release")
    parser.add_argument("--models", type=pathlib.Path, default=TOP / "build/peers", help="what peer_models.py wrote")
    parser.add_argument("--json", type=pathlib.Path, help="file that takes up the measurements")
    parser.add_argument("--from", dest="source", type=pathlib.Path, help="show this file instead of measuring")
    parser.add_argument("--picture", type=pathlib.Path, help="PNG to draw the ratios into")
    args = parser.parse_args()
    if args.rounds < 1 or min(args.batches) < 1 or args.seconds <= 0:
        parser.error("expected at least one round, batches of at least one image, and more than 0 seconds")
    report = read_report(args.source) if args.source else measure(args)
    table = engine_table.rows(report)
    print(engine_table.comparison(table), engine_table.summary(table), engine_table.every_result(report), sep="\n\n")
    if args.picture:
        import engine_picture
        engine_picture.draw(table, args.picture)


if __name__ == "__main__":
    main()
