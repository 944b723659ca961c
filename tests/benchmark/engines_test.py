"""Tests of engines.py: what its tables say of recorded measurements, and the protocol of the real programs.

    tests/benchmark/engines_test.py [PLAN_BENCHMARK MATMUL_PEAK] [UNITTEST OPTIONS]
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import engine_table
import engine_workers
import engines

HERE = pathlib.Path(__file__).resolve().parent
RECORDED = HERE.parent / "data/benchmark/engines.json"
PROGRAMS = []


def result(engine, setting, least, median, **facts):
    return {"engine": engine, "setting": setting, "least": least, "median": median, **facts}


def line(results, network="efficientnet_b0", precision="f32", batch=1, missing=(), peak=None):
    return {"network": network, "precision": precision, "batch": batch, "results": results, "missing": list(missing),
            "peak": peak}


def show(*arguments):
    return subprocess.run([sys.executable, "-B", HERE / "engines.py", *map(str, arguments)], capture_output=True,
                          text=True, check=False)


class Ratios(unittest.TestCase):

    def test_each_engine_counts_in_its_best_setting(self):
        row = engine_table.row(line([
            result("avocet", "2 threads", 0.004, 0.005), result("avocet", "2 executors, 1 at once", 0.002, 0.006),
            result("openvino", "latency", 0.003, 0.004), result("onnxruntime", "session", 0.005, 0.009)]))
        self.assertEqual(row.ours["setting"], "2 executors, 1 at once")
        self.assertEqual(row.peer["engine"], "openvino")
        self.assertAlmostEqual(row.ratio, 1.5)
        self.assertAlmostEqual(row.ratio_median, 0.8)
        self.assertEqual(row.verdict, "met")

    def test_the_aim_depends_on_network_and_precision(self):
        def verdict(network, precision, ratio):
            facts = {"cosine": 1, "int8_share": 1}
            return engine_table.row(line([result("avocet", "a", 1, 1, **facts),
                                          result("openvino", "b", ratio, ratio, **facts)], network, precision)).verdict
        self.assertEqual(verdict("efficientnet_b0", "f32", 1.2), "met")
        self.assertEqual(verdict("efficientnet_b0", "bf16", 1.2), "missed")
        self.assertEqual(verdict("convnext_tiny", "int8", 1.26), "met")
        self.assertEqual(verdict("convnext_tiny", "f32", 1.05), "missed")
        self.assertEqual(verdict("resnet50", "int8", 1.0), "met")
        self.assertEqual(verdict("resnet50", "int8", 0.99), "behind")

    def test_int8_far_from_float32_is_void_on_both_sides(self):
        peers = [result("openvino", "latency", 1, 1, cosine=0.97), result("onnxruntime", "session", 3, 3, cosine=0.99)]
        ours = result("avocet", "a", 2, 2, cosine=0.99, int8_share=0.95)
        row = engine_table.row(line([ours, *peers], precision="int8"))
        self.assertEqual(row.peer["engine"], "onnxruntime")
        self.assertAlmostEqual(row.ratio, 1.5)
        for change, verdict in (({"cosine": 0.9}, "void: cosine 0.900"), ({"int8_share": 0.5}, "void: 50 % in int8")):
            row = engine_table.row(line([{**ours, **change}, *peers], precision="int8"))
            self.assertIsNone(row.ratio)
            self.assertEqual(row.verdict, verdict)

    def test_a_line_that_we_cannot_do_says_why(self):
        row = engine_table.row(line([result("openvino", "latency", 1, 1, cosine=1)], precision="int8",
                                    missing=[{"engine": "avocet", "setting": "a", "reason": "no int8 yet"}]))
        self.assertIsNone(row.ratio)
        self.assertEqual(row.verdict, "not measured: no int8 yet")

    def test_the_share_of_the_peak_counts_both_halves_of_a_multiply_add(self):
        row = engine_table.row(line([result("avocet", "a", 0.5, 0.5, multiply_adds=10**9),
                                     result("openvino", "b", 1, 1)], batch=16, peak=128e9))
        self.assertAlmostEqual(row.peak_share, 0.5)

    def test_the_mean_is_geometric_and_counts_lines_with_a_ratio(self):
        def of(ratio):
            return engine_table.row(line([result("avocet", "a", 1, 1), result("openvino", "b", ratio, ratio)]))
        table = [of(2), of(0.5), engine_table.row(line([]))]
        self.assertIn("2 of 3 lines have a ratio: 1 meet their aim, 1 are behind the best peer; geometric mean 1.00",
                      engine_table.summary(table))


class Settings(unittest.TestCase):

    def test_a_batch_of_one_is_not_shared(self):
        self.assertEqual(list(engine_workers.our_settings(1)), ["2 threads"])
        self.assertEqual(engine_workers.peer_settings("bf16", 1), [("openvino", "latency")])

    def test_every_share_of_a_batch_is_whole(self):
        self.assertEqual(len(engine_workers.our_settings(16)), 4)
        self.assertEqual(list(engine_workers.our_settings(6)), ["2 threads", "2 executors, 1 at once"])
        self.assertNotIn(("onnxruntime", "sessions"), engine_workers.peer_settings("f32", 3))


class Command(unittest.TestCase):

    def test_shows_recorded_measurements(self):
        shown = show("--from", RECORDED)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        report = json.loads(RECORDED.read_text(encoding="utf-8"))
        comparison, summary, results = shown.stdout.split("\n\n")
        self.assertEqual(len(comparison.splitlines()), 2 + len(report["lines"]))
        self.assertIn(f"of {len(report['lines'])} lines have a ratio", summary)
        measured = sum(len(one["results"]) + len(one["missing"]) for one in report["lines"])
        self.assertEqual(len(results.splitlines()), 2 + measured)

    def test_says_what_is_wrong_with_a_file(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "bad.json"
            for text, complaint in (("{", "expected the JSON of engines.py"), ("[]", 'an object with "lines"'),
                                    ('{"lines": [{}]}', "lines[0]: expected batch"),
                                    (json.dumps({"lines": [line([], precision="f16")]}), "lines[0].precision")):
                path.write_text(text, encoding="utf-8")
                shown = show("--from", path)
                self.assertNotEqual(shown.returncode, 0)
                self.assertIn(f"{path}: ", shown.stderr)
                self.assertIn(complaint, shown.stderr)
                self.assertNotIn("Traceback", shown.stderr)

    def test_a_failed_write_keeps_what_was_there(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "report.json"
            engines.write_report(path, {"lines": []})
            before = path.read_bytes()
            with self.assertRaises(TypeError):
                engines.write_report(path, {"lines": [object()]})
            self.assertEqual(path.read_bytes(), before)
            self.assertEqual([file.name for file in path.parent.iterdir()], ["report.json"])


@unittest.skipUnless(sys.argv[1:2] and not sys.argv[1].startswith("-"), "no programs on the command line")
class Programs(unittest.TestCase):

    def plan_benchmark(self, *arguments):
        return engine_workers.Worker("avocet", "test", [PROGRAMS[0], "lenet5", *arguments, "--interactive"])

    def test_engines_that_can_and_cannot_do_a_line(self):
        workers = [engine_workers.Worker("matmul", "32^3", [PROGRAMS[1], "--size", 32, "--interactive"]),
                   self.plan_benchmark("--batch", 4, "--executors", 2, "--plan-batch", 1),
                   self.plan_benchmark("--batch", 3, "--executors", 2)]
        results, missing, peak = engines.measure_line(workers, rounds=2, seconds=0)
        for worker in workers:
            worker.close()
        self.assertGreater(peak, 0)
        self.assertEqual(len(results), 1)
        self.assertGreater(results[0]["multiply_adds"], 0)
        self.assertLessEqual(results[0]["least"], results[0]["median"])
        self.assertEqual(len(missing), 1)
        self.assertIn("expected a batch of executors times plan-batch images", missing[0]["reason"])

    def test_refuses_what_is_no_number_of_seconds(self):
        refused = subprocess.run([PROGRAMS[0], "lenet5", "--interactive"], input="soon\n", capture_output=True,
                                 text=True, check=False)
        self.assertEqual(refused.returncode, 2, refused.stderr)
        self.assertIn('expected a number of seconds, found "soon"', refused.stderr)


if __name__ == "__main__":
    if sys.argv[1:2] and not sys.argv[1].startswith("-"):
        PROGRAMS[:] = sys.argv[1:3]
        del sys.argv[1:3]
    unittest.main()
