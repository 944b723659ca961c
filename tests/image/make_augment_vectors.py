#!/usr/bin/env python3
"""Writes tests/data/images/augment.json: checksums of what Pillow and torchvision make of rgb.png, for training's operations.

    python3 -m venv /tmp/augment && /tmp/augment/bin/pip install pillow torch torchvision numpy
    /tmp/augment/bin/python tests/image/make_augment_vectors.py

Run it again only to add cases. Boxes that get lower and wider at once are left out: Pillow 13 resizes them in another order
than 12, which is what Avocet follows.
"""
import json
import pathlib
import zlib

import torchvision.transforms.functional as F
from PIL import Image, ImageEnhance, ImageOps
from torchvision.transforms import InterpolationMode

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "images"
FILL = (10, 20, 30)
ENHANCE = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "saturation": ImageEnhance.Color,
    "sharpness": ImageEnhance.Sharpness,
}


def cases(image):
    for name, kind in ENHANCE.items():
        for factor in (0, 0.3, 1, 1.75):
            yield name, [factor], kind(image).enhance(factor)
    for turns in (-0.5, -0.1, 0.03, 0.4):
        yield "hue", [turns], F.adjust_hue(image, turns)
    yield "autocontrast", [], ImageOps.autocontrast(image)
    yield "equalize", [], ImageOps.equalize(image)
    yield "invert", [], ImageOps.invert(image)
    yield "grey", [], image.convert("L").convert("RGB")
    yield "flip_horizontal", [], ImageOps.mirror(image)
    yield "flip_vertical", [], ImageOps.flip(image)
    for bits in (1, 4, 8):
        yield "posterize", [bits], ImageOps.posterize(image, bits)
    for threshold in (0, 100, 256):
        yield "solarize", [threshold], ImageOps.solarize(image, threshold)
    yield "solarize_add", [60], image.point([min(255, i + 60) if i < 128 else i for i in range(256)] * 3)
    for matrix in ([1, 0.2, 0, 0, 1, 0], [1, 0, 0, 0.3, 1, 0], [1, 0, 7.3, 0, 1, 0], [0.9, 0.1, 3, -0.2, 1.1, 2]):
        moved = image.transform(image.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR, fillcolor=FILL)
        yield "affine", matrix, moved
    for degrees, x, y, scale, shear in ([15, 2, -3, 1.1, 8], [-7.5, 0, 1, 0.9, -11]):
        moved = F.affine(image, degrees, [x, y], scale, [shear, 0], InterpolationMode.BILINEAR, FILL)
        yield "motion", [degrees, x, y, scale, shear], moved
    for left, top, w, h, width, height in ([3, 2, 15, 12, 40, 30], [0, 0, 20, 16, 7, 9], [5, 1, 10, 18, 5, 30]):
        for bicubic in (0, 1):
            mode = InterpolationMode.BICUBIC if bicubic else InterpolationMode.BILINEAR
            cut = F.resized_crop(image, top, left, h, w, [height, width], mode)
            yield "box", [left, top, w, h, width, height, bicubic], cut


def main():
    image = Image.open(FOLDER / "rgb.png").convert("RGB")
    rows = [
        json.dumps({"operation": name, "arguments": arguments, "crc32": zlib.crc32(result.tobytes())})
        for name, arguments, result in cases(image)
    ]
    (FOLDER / "augment.json").write_text("[\n" + ",\n".join(rows) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
