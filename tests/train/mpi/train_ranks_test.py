"""Trains with avocet-train on one rank and on several: train_ranks_test.py MPIRUN AVOCET_TRAIN."""

import csv
import json
import os
import pathlib
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

import ranks

mpirun, program = sys.argv[1:]

CLASSES = 3


def picture(label, noise, side=28):
    """Returns grey pixels with a bright bar whose place tells the class."""
    first = 4 + label * 7
    return bytes(noise.randrange(60) + (180 if first <= i // side < first + 3 else 0) for i in range(side * side))


def png(pixels, side=28):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[i * side:(i + 1) * side] for i in range(side))
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def write_images(folder, counts, encode=png):
    noise = random.Random(1)
    for part, count in counts.items():
        for i in range(count):
            place = folder / part / f"class{i % CLASSES}"
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{i}.png").write_bytes(encode(picture(i % CLASSES, noise)))


def tensor(path, name):
    """Returns the float32 values of a tensor of a safetensors file."""
    content = path.read_bytes()
    data = 8 + struct.unpack("<Q", content[:8])[0]
    begin, end = json.loads(content[8:data])[name]["data_offsets"]
    return struct.unpack(f"<{(end - begin) // 4}f", content[data + begin:data + end])


def rows(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


class TrainRanksTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.folder / "data"
        write_images(self.data, {"train": 72, "val": 25})
        self.runs = self.folder / "runs"
        self.runs.mkdir()

    def words(self, name, *more, data=None):
        words = [program, data or self.data, "--output", self.runs / name, *more]
        defaults = {"--epochs": 2, "--batch-size": 16, "--drop-rate": 0, "--threads": 1, "--loader-threads": 1,
                    "--precision": "float32"}
        for flag, value in defaults.items():
            if flag not in more:
                words += [flag, value]
        return words

    def run_words(self, words, status=0):
        done = subprocess.run([str(word) for word in words], env=ranks.ENVIRONMENT, capture_output=True, text=True,
                              timeout=240, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def train(self, processes, name, *more):
        words = self.words(name, *more)
        return self.run_words(words if processes == 1 else ranks.command(mpirun, (processes, words)))

    def state(self, name):
        return (self.runs / name / "checkpoints/last/training_state.safetensors").read_bytes()

    def assert_same_losses(self, one, many, delta):
        for file, columns in (("metrics.csv", ("loss", "top1", "gradient_norm")),
                              ("epochs.csv", ("loss", "validation_loss", "validation_top1"))):
            alone, together = rows(self.runs / one / file), rows(self.runs / many / file)
            self.assertEqual(len(alone), 8 if file == "metrics.csv" else 2)
            self.assertEqual(len(alone), len(together))
            for a, b in zip(alone, together):
                for column in columns:
                    self.assertAlmostEqual(float(a[column]), float(b[column]), delta=delta * max(1, float(a[column])),
                                           msg=f"{file}: {column}")

    def test_four_ranks_learn_what_one_learns(self):
        alone = self.train(1, "one", "--model", "lenet5")
        together = self.train(4, "four", "--model", "lenet5")
        self.assert_same_losses("one", "four", 1e-5)
        # One process speaks, and one folder is written.
        self.assertEqual(together.stdout.count("epochs of"), 1)
        self.assertEqual(together.stderr, alone.stderr)
        self.assertEqual(sorted(path.name for path in self.runs.iterdir()), ["four", "one"])
        self.assertEqual([sorted(path.name for path in (self.runs / name).iterdir()) for name in ("four", "one")],
                         [sorted(path.name for path in (self.runs / "one").iterdir())] * 2)

    def test_layer_norms_are_each_images_own(self):
        convnext = ("--model", "convnext_atto", "--image-size", "32")
        self.train(1, "one", *convnext)
        self.train(4, "four", *convnext)
        self.assert_same_losses("one", "four", 1e-5)

    def test_accumulated_parts_are_summed_once(self):
        augment = ("--model", "lenet5", "--mixup", "0.2", "--clip-norm", "1", "--ema-decay", "0.9")
        self.train(1, "one", *augment)
        self.train(2, "two", *augment, "--accumulate", "2")
        self.assert_same_losses("one", "two", 1e-5)

    def test_synchronised_batch_norms_see_the_whole_batch(self):
        resnet = ("--model", "resnet18", "--image-size", "64", "--optimizer", "sgd", "--learning-rate", "0.002",
                  "--warmup-epochs", "0")
        self.train(1, "one", *resnet)
        self.train(4, "four", *resnet, "--sync-bn")
        self.assert_same_losses("one", "four", 1e-3)

    def test_local_batch_norms_are_averaged(self):
        # Nothing learns, so the first norm sees the same images on one rank and, a third each, on three: the means are linear in
        # them, and so is the moving average, which is what is saved.
        resnet = ("--model", "resnet18", "--image-size", "32", "--batch-size", "12", "--epochs", "1", "--learning-rate", "0",
                  "--ema-decay", "0.9")
        self.train(1, "one", *resnet)
        self.train(3, "three", *resnet)
        one, three = (tensor(self.runs / name / "model/model.safetensors", "bn1.running_mean") for name in ("one", "three"))
        self.assertGreater(max(map(abs, one)), 0.01)
        for a, b in zip(one, three, strict=True):
            self.assertAlmostEqual(a, b, delta=1e-5)

    def test_a_frozen_backbone_is_shared_out(self):
        self.train(1, "base", "--model", "lenet5")
        few = self.folder / "few"
        write_images(few, {"train": 72, "val": 3})  # Three of four ranks have nothing to validate on.
        words = self.words("head", "--pretrained", self.runs / "base/model", "--freeze", "backbone", data=few)
        self.run_words(ranks.command(mpirun, (4, words)))
        losses = [float(row["loss"]) for row in rows(self.runs / "head/epochs.csv")]
        self.assertEqual(len(losses), 2)
        self.assertLess(losses[1], losses[0])
        # What all need of the pretrained model is in the folder of the run, which the first one reads.
        shutil.rmtree(self.runs / "base")
        self.run_words(ranks.command(mpirun, (4, self.words("head", "--resume", data=few))))

    def test_a_signal_to_one_stops_all_and_they_resume(self):
        lenet = ("--model", "lenet5", "--epochs", "40")
        self.train(4, "whole", *lenet)
        words = self.words("stopped", *lenet, "--checkpoint-minutes", "0.0001")
        with subprocess.Popen([str(word) for word in ranks.command(mpirun, (4, words))], env=ranks.ENVIRONMENT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as group:
            while not (self.runs / "stopped/checkpoints/last").exists() and group.poll() is None:
                time.sleep(0.01)
            processes = ranks.descendants(group.pid, program)
            self.assertEqual(len(processes), 4)
            os.kill(processes[2], signal.SIGTERM)
            output = group.communicate(timeout=120)[0]
        self.assertEqual(group.returncode, 3, output)
        self.assertEqual(output.count("avocet-train: stopped after step"), 1, output)
        self.run_words(ranks.command(mpirun, (4, self.words("stopped", *lenet, "--resume"))))
        self.assertEqual(self.state("stopped"), self.state("whole"))

    def test_a_signal_to_one_stops_the_computing_of_features(self):
        self.train(1, "base", "--model", "lenet5")
        frozen = ("--pretrained", self.runs / "base/model", "--freeze", "backbone", "--epochs", "60")
        self.train(4, "whole", *frozen)
        words = self.words("stopped", *frozen)
        with subprocess.Popen([str(word) for word in ranks.command(mpirun, (4, words))], env=ranks.ENVIRONMENT,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as group:
            seen, processes = "", []
            for line in group.stdout:
                seen += line
                processes = processes or ranks.descendants(group.pid, program)
                if "computing features" in line:
                    break
            os.kill(processes[2], signal.SIGTERM)
            seen += group.communicate(timeout=120)[0]
        self.assertEqual(group.returncode, 3, seen)
        self.assertEqual(seen.count("avocet-train: stopped after step"), 1, seen)
        self.run_words(ranks.command(mpirun, (4, self.words("stopped", *frozen, "--resume"))))
        self.assertEqual(self.state("stopped"), self.state("whole"))

    def test_mistakes_are_told_once(self):
        for words, message in (((), "no network"), (("--model", "lenet5", "--batch-size", "18"), "equal shares"),
                               (("--model", "lenet5", "--epochs", "0"), "--epochs"),
                               (("--model", "lenet5", "--resume"), "no run to resume")):
            done = self.run_words(ranks.command(mpirun, (4, self.words("wrong", *words))), status=2)
            self.assertEqual(done.stderr.count(message), 1, done.stderr)

    def test_another_data_set_on_one_rank_is_found(self):
        other = self.folder / "other"
        write_images(other, {"train": 60, "val": 25})
        lines = [(1, self.words("run", "--model", "lenet5")), (1, self.words("run", "--model", "lenet5", data=other))]
        done = self.run_words(ranks.command(mpirun, *lines), status=1)
        self.assertIn("rank 1: found 60 images of 3 classes to train on and 25 to validate on, "
                      "where the first process found 72 images", done.stderr)

    def test_an_error_on_one_rank_ends_all(self):
        damaged = self.folder / "damaged"
        write_images(damaged, {"train": 72, "val": 25}, encode=lambda pixels: png(pixels)[:60])
        lines = [(1, self.words("run", "--model", "lenet5")), (1, self.words("run", "--model", "lenet5", data=damaged))]
        done = self.run_words(ranks.command(mpirun, *lines), status=1)
        self.assertRegex(done.stderr, "rank 1: .*; all 2 processes end")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
