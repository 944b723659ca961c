"""Checks the parts of deploy/datasets that need no network: PNG, the split, packages."""

import base64
import hashlib
import pathlib
import struct
import sys
import tempfile
import unittest
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy" / "datasets"))
import npm_package  # noqa: E402
import png  # noqa: E402
import prepare_digits  # noqa: E402


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def make_png(width, height, depth, color, raw, extra=b""):
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return png.SIGNATURE + chunk(b"IHDR", header) + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")


class Png(unittest.TestCase):
    def test_every_filter(self):
        # Grey, 3 x 5, the filter of each row by hand.
        raw = bytes([0, 1, 2, 3, 1, 1, 1, 1, 2, 1, 1, 1, 3, 1, 1, 1, 4, 1, 1, 1])
        _, _, pixels = png.read_rgba(make_png(3, 5, 8, png.GREY, raw))
        rows = [[pixels[3 * y + x][0] for x in range(3)] for y in range(5)]
        self.assertEqual(rows, [[1, 2, 3], [1, 2, 3], [2, 3, 4], [2, 3, 4], [3, 4, 5]])

    def test_palette_of_four_bits_with_alpha(self):
        extra = chunk(b"PLTE", bytes([10, 20, 30, 40, 50, 60])) + chunk(b"tRNS", bytes([0]))
        _, _, pixels = png.read_rgba(make_png(3, 1, 4, png.PALETTE, bytes([0, 0x10, 0x10]), extra))
        self.assertEqual(pixels, [(40, 50, 60, 255), (10, 20, 30, 0), (40, 50, 60, 255)])

    def test_over_white(self):
        self.assertEqual(png.over_white([(10, 20, 30, 255), (1, 2, 3, 0), (0, 100, 255, 128)]),
                         bytes([10, 20, 30, 255, 255, 255, 127, 177, 255]))

    def test_round_trip(self):
        pixels = bytes(range(24))
        self.assertEqual(png.over_white(png.read_rgba(png.encode(4, 2, pixels))[2]), pixels)

    def test_damage_is_an_error(self):
        whole = png.encode(4, 2, bytes(range(24)))
        for size in range(len(whole) - 12):
            with self.assertRaises(png.PngError):
                png.read_rgba(whole[:size])
        with self.assertRaises(png.PngError):
            png.read_rgba(whole[:45] + bytes([whole[45] ^ 1]) + whole[46:])


class Digits(unittest.TestCase):
    def test_a_tenth_is_held_out_whatever_the_remainders(self):
        held_out = prepare_digits.held_out_counts([1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978])
        self.assertEqual(held_out, [100, 113, 99, 103, 98, 86, 102, 107, 94, 98])
        self.assertEqual(sum(held_out), 1000)

    def test_the_split_is_seeded_and_complete(self):
        digits = [[bytes([digit, i]) for i in range(20)] for digit in range(10)]
        parts = prepare_digits.split(digits, 3)
        self.assertEqual(parts, prepare_digits.split(digits, 3))
        self.assertNotEqual(parts, prepare_digits.split(digits, 4))
        self.assertEqual(sorted(parts["train"] + parts["val"]),
                         sorted((digit, picture) for digit in range(10) for picture in digits[digit]))
        self.assertEqual(len(parts["val"]), 20)


class Packages(unittest.TestCase):
    def test_a_tarball_is_checked(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            digest = base64.b64encode(hashlib.sha512(b"content").digest()).decode()
            package = npm_package.Package("thing", "1.0.0", f"sha512-{digest}")
            with self.assertRaisesRegex(npm_package.PrepareError, "no such file"):
                npm_package.tarball(package, folder, folder)
            (folder / "thing-1.0.0.tgz").write_bytes(b"content")
            npm_package.tarball(package, folder, folder)
            (folder / "thing-1.0.0.tgz").write_bytes(b"other")
            with self.assertRaisesRegex(npm_package.PrepareError, "expected integrity"):
                npm_package.tarball(package, folder, folder)

    def test_a_failure_leaves_no_folder(self):
        with tempfile.TemporaryDirectory() as name:
            target = pathlib.Path(name) / "out"
            with self.assertRaises(ValueError), npm_package.finished_folder(target) as folder:
                (folder / "file").write_text("x")
                raise ValueError
            self.assertEqual(list(pathlib.Path(name).iterdir()), [])


if __name__ == "__main__":
    unittest.main()
