"""Tests of serving.py: what it starts the programs with. It measures nothing here."""
import contextlib
import io
import pathlib
import tempfile
import unittest

import serving


class Serving(unittest.TestCase):

    def test_both_programs_compute_in_the_same_precision(self):
        self.assertEqual(serving.parse([]).precision, "float32")
        for ours, theirs in (("float32", "f32"), ("bfloat16", "bf16"), ("int8", "int8")):
            precision = serving.parse(["--precision", ours]).precision
            server = serving.server_command(pathlib.Path("build"), pathlib.Path("models"), precision, 1)
            self.assertEqual(server[server.index("--precision") + 1], ours)
            plan = serving.plan_command(pathlib.Path("build"), precision, 1)
            self.assertEqual(plan[plan.index("--precision") + 1], theirs)

    def test_the_server_sees_the_network_alone(self):
        with tempfile.TemporaryDirectory() as name:
            models = pathlib.Path(name)
            for model in (serving.NETWORK, "another"):
                (models / model / "1").mkdir(parents=True)
                (models / model / "1/config.json").write_text(model, encoding="utf-8")
            with serving.only_the_network(models) as folder:
                self.assertEqual([path.name for path in folder.iterdir()], [serving.NETWORK])
                self.assertEqual((folder / serving.NETWORK / "1/config.json").read_text(encoding="utf-8"), serving.NETWORK)
            self.assertFalse(folder.exists())
            self.assertTrue((models / serving.NETWORK / "1/config.json").exists())

    def test_says_when_the_network_is_not_there(self):
        with tempfile.TemporaryDirectory() as name, self.assertRaisesRegex(SystemExit, "no tf_efficientnet_lite0 in"):
            with serving.only_the_network(pathlib.Path(name)):
                self.fail("there is nothing to serve")

    def test_takes_any_numbers_of_callers(self):
        self.assertEqual(serving.parse([]).callers, [1, 8, 32])
        self.assertEqual(serving.parse(["--callers", "2", "64"]).callers, [2, 64])
        with contextlib.redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit):
            serving.parse(["--callers", "0"])
        self.assertIn("expected positive numbers, found 0", errors.getvalue())


if __name__ == "__main__":
    unittest.main()
