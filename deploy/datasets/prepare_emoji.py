#!/usr/bin/env python3
"""Prepares a transfer-learning problem from emoji: train on two artists' pictures, validate on a third's.

Writes OUT/train/CATEGORY/*.png (Google's and Twitter's pictures) and OUT/val/CATEGORY/*.png (Facebook's): 64 x 64 pixels, RGB,
transparent parts over white. The nine classes are the categories of Unicode without Component; only base emoji are taken, no
skin variations. Needs Python 3.9 and npm (or the tarballs of its packages), nothing else.
"""

import argparse
import json
import multiprocessing
import sys
import tempfile

import png
from npm_package import Package, PrepareError, finished_folder, read_members, tarball

VERSION = "16.0.0"
SOURCES = {
    "google": ("train", "sha512-ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A=="),
    "twitter": ("train", "sha512-7F+uCuHH+7Qnrc15P5tnbvKkg9E6tlzi4MnT2uW1RlN4pLYTza6cP/dstIfSDMtpjFLWuZewWg8jBbuL2eyELQ=="),
    "facebook": ("val", "sha512-b9ZxJdB7nMWGckH1vyCjPSosaa6MJYuojPPFiQ0LmDIZS8vlG454XKcmTFKrXIMAA72O4MRJMYFhvWI8pjyciQ=="),
}
EXPECTED = {"train": 3812, "val": 1855}
NO_CLASS = "Component"  # parts of other emoji


def flatten(picture):
    """Returns the PNG `picture` over white, as a PNG."""
    width, height, pixels = png.read_rgba(picture)
    return png.encode(width, height, png.over_white(pixels))


def read_artist(artist, path):
    """Returns the list of (category, file name, PNG bytes) of one package."""
    prefix = f"package/img/{artist}/64/"
    members = read_members(path, lambda name: name == "package/emoji.json" or name.startswith(prefix))
    try:
        emoji = json.loads(members["package/emoji.json"])
        chosen = [
            (entry["category"], entry["image"])
            for entry in emoji
            if entry["category"] != NO_CLASS and entry[f"has_img_{artist}"]
        ]
        return [(category, image, members[prefix + image]) for category, image in chosen]
    except (KeyError, TypeError, ValueError) as error:
        raise PrepareError(f"{path.name}: not what was expected of this package: {error!r}") from error


def prepare(folder, packages, scratch):
    """Writes the pictures into `folder`. Returns how many there are of each part."""
    counts = dict.fromkeys(EXPECTED, 0)
    with multiprocessing.Pool() as pool:
        for artist, (part, integrity) in SOURCES.items():
            package = Package(f"emoji-datasource-{artist}", VERSION, integrity)
            pictures = read_artist(artist, tarball(package, packages, scratch))
            try:
                flat = pool.map(flatten, [picture for _, _, picture in pictures], chunksize=32)
            except png.PngError as error:
                raise PrepareError(f"{package.file_name}: a picture cannot be read: {error}") from error
            for (category, image, _), picture in zip(pictures, flat):
                target = folder / part / category / f"{artist}-{image}"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(picture)
            counts[part] += len(pictures)
    if counts != EXPECTED:
        raise PrepareError(f"expected {EXPECTED} pictures, found {counts}")
    return counts


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", metavar="OUT", help="the folder to make; must not exist")
    parser.add_argument("--packages", metavar="DIR", help="take the packages' tarballs from here; npm is not needed then")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as scratch, finished_folder(options.out) as folder:
            counts = prepare(folder, options.packages, scratch)
    except (PrepareError, OSError) as error:
        sys.exit(f"prepare_emoji.py: {error}")
    print(f"{options.out}: {counts['train']} pictures to train, {counts['val']} to validate")


if __name__ == "__main__":
    main()
