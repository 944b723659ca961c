"""Runs group_check with mpirun: mpi_test.py MPIRUN GROUP_CHECK."""

import subprocess
import sys
import unittest

import ranks

mpirun, program = sys.argv[1:]


def run(processes, what):
    return subprocess.run(ranks.command(mpirun, (processes, [program, what])), env=ranks.ENVIRONMENT,
                          capture_output=True, text=True, timeout=120, check=False)


class MpiTest(unittest.TestCase):
    def test_sums_are_the_same_on_all_ranks(self):
        for processes in (2, 3, 4):
            done = run(processes, "sums")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_four_ranks_learn_what_one_learns(self):
        alone = subprocess.run([program, "train"], capture_output=True, text=True, check=True)
        losses = [float(line) for line in alone.stdout.split()]
        self.assertEqual(len(losses), 20)
        self.assertLess(losses[-1], 0.7 * losses[0])
        for processes in (1, 2, 4):
            done = run(processes, "train")
            self.assertEqual(done.returncode, 0, done.stderr)
            together = [float(line) for line in done.stdout.split()]
            self.assertEqual(len(together), 20)
            for one, many in zip(losses, together):
                self.assertAlmostEqual(one, many, delta=1e-5)

    def test_an_error_on_one_rank_ends_all(self):
        done = run(3, "abort")
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("rank 1: the disk is full; all 3 processes end", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
