"""Reads what write_sample_run wrote with TensorBoard's own reader: tensorboard_test.py PROGRAM FOLDER."""

import subprocess
import sys
import unittest

from tensorboard.backend.event_processing import event_accumulator

program, folder = sys.argv[1:]


class TensorBoardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run([program, folder], check=True)
        cls.events = event_accumulator.EventAccumulator(
            f"{folder}/tensorboard", size_guidance={event_accumulator.SCALARS: 0})
        cls.events.Reload()
        with open(f"{folder}/metrics.csv", encoding="utf-8") as file:
            header, *rows = [line.rstrip("\n").split(",") for line in file]
        cls.rows = [dict(zip(header, row)) for row in rows]

    def values(self, tag):
        return {event.step: event.value for event in self.events.Scalars(tag)}

    def test_steps_are_those_of_the_csv(self):
        """Also across the interruption: TensorBoard forgot steps 51 to 60 of the first part."""
        self.assertEqual([event.step for event in self.events.Scalars("train/loss")],
                         list(range(1, 101)))
        self.assertEqual([int(row["step"]) for row in self.rows], list(range(1, 101)))
        for tag, column in [("train/loss", "loss"), ("train/top1", "top1"),
                            ("train/learning_rate", "learning_rate"),
                            ("train/gradient_norm", "gradient_norm")]:
            values = self.values(tag)
            for row in self.rows:
                self.assertAlmostEqual(values[int(row["step"])], float(row[column]), places=6)

    def test_rates_are_derived(self):
        self.assertAlmostEqual(self.values("train/images_per_second")[7], 32 / 0.25, places=4)
        self.assertAlmostEqual(self.values("train/wait_share")[7], 0.01 / 0.25, places=6)

    def test_validations_are_at_the_last_step_of_their_epoch(self):
        self.assertEqual(sorted(self.values("validation/top1")), [25, 50, 75, 100])
        self.assertAlmostEqual(self.values("validation/top5")[100], 0.97, places=6)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
