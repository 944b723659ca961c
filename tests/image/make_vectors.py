#!/usr/bin/env python3
"""Writes tests/data/images: small images of every accepted kind, and vectors.json with what Pillow makes of them.

    python3 -m venv /tmp/pillow && /tmp/pillow/bin/pip install pillow==12.3.0 numpy
    /tmp/pillow/bin/python tests/image/make_vectors.py

Needs Pillow and numpy only: the integer arithmetic around Pillow's resize (torchvision's Resize and CenterCrop, timm's
ResizeKeepRatio and CenterCropOrPad) is restated below. Run it again only to add cases; its output is in the repository.
Pillow 13 resizes columns before rows in more cases than 12 (portraits that are squashed), which changes some values by 1;
Avocet follows 12.
"""
import io
import json
import math
import pathlib
import struct
import zlib

import numpy
import PIL
from PIL import Image

assert PIL.__version__.startswith("12."), "see above"

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "images"
FILTERS = {
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}


def picture(width, height):
    """A smooth gradient with hard edges and a little noise: every filter tap matters, and JPEG keeps it small."""
    y, x = numpy.mgrid[0:height, 0:width].astype(numpy.float64)
    red = 255 * (x + 0.5) / width
    green = 255 * (y + 0.5) / height
    blue = 127 + 120 * numpy.sin(x / 5.0 + y / 9.0)
    pixels = numpy.stack([red, green, blue], axis=-1)
    pixels[((x // 8 + y // 8) % 5) == 0] = (250, 20, 60)
    pixels += numpy.random.default_rng(7).integers(-6, 7, pixels.shape)
    return numpy.clip(pixels, 0, 255).astype(numpy.uint8)


def write_samples():
    pixels = picture(61, 47)
    rgb = Image.fromarray(pixels, "RGB")
    grey = rgb.convert("L")
    alpha = Image.fromarray((pixels[:, :, 1] // 2 + 100).astype(numpy.uint8), "L")
    alpha.paste(0, (5, 5, 30, 20))
    rgba = rgb.copy()
    rgba.putalpha(alpha)
    palette = rgb.quantize(40)

    save = lambda image, name, **options: image.save(FOLDER / name, **options)
    save(rgb, "rgb.png")
    save(grey, "grey.png")
    save(rgba, "rgba.png")
    save(Image.merge("LA", (grey, alpha)), "grey_alpha.png")
    save(palette, "palette.png")
    save(palette, "palette_alpha.png", transparency=bytes(range(0, 160, 4)))
    save(grey.convert("1"), "bilevel.png")
    save(rgb, "exif_6.png", exif=orientation(6))
    wide = pixels.astype(numpy.uint16) * 256 + picture(61, 47)[::-1]
    (FOLDER / "rgb16.png").write_bytes(png(61, 47, 16, 2, wide.astype(">u2").tobytes(), 61 * 6))
    (FOLDER / "grey16.png").write_bytes(png(61, 47, 16, 0, wide[:, :, 0].astype(">u2").tobytes(), 61 * 2))
    (FOLDER / "20000x20000.png").write_bytes(png(20000, 20000, 8, 2, b"\0" * 60000, 60000))
    for width, height in ((1, 1), (1, 4000), (4000, 1), (3, 301), (200, 150)):
        save(Image.fromarray(picture(width, height), "RGB"), f"{width}x{height}.png")

    save(rgb, "rgb.jpg", quality=90)
    save(rgb, "rgb_444.jpg", quality=90, subsampling=0)
    save(rgb, "progressive.jpg", quality=90, progressive=True)
    save(rgb, "restart.jpg", quality=90, restart_marker_blocks=2)
    save(grey, "grey.jpg", quality=90)
    save(rgb.convert("CMYK"), "cmyk.jpg", quality=95)
    save(rgb, "exif_6.jpg", quality=90, exif=orientation(6))

    save(rgb, "lossy.webp", quality=80)
    save(rgb, "lossless.webp", lossless=True)
    save(rgba, "alpha.webp", lossless=True, exact=True)
    save(rgb, "exif_6.webp", lossless=True, exif=orientation(6))
    save(rgb, "animated.webp", save_all=True, append_images=[rgb.transpose(Image.Transpose.ROTATE_180)])

    save(rgb, "rgb.bmp")
    save(palette, "palette.bmp")
    save(rgba, "rgba.bmp")
    save(rgb, "rgb.tif")
    save(rgb, "lzw.tif", compression="tiff_lzw")
    save(grey, "grey.tif")
    save(palette, "palette.tif")
    save(rgba, "rgba.tif")
    save(rgb.convert("CMYK"), "cmyk.tif")
    save(Image.fromarray(wide[:, :, 0]), "grey16.tif")
    save(rgb, "exif_6.tif", tiffinfo={274: 6})

    save(rgb, "picture.gif")
    (FOLDER / "text.jpg").write_text("This is not a picture, whatever its name says.\n")
    (FOLDER / "empty.jpg").write_bytes(b"")
    whole = (FOLDER / "rgb.jpg").read_bytes()
    (FOLDER / "truncated.jpg").write_bytes(whole[: len(whole) * 6 // 10])


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def png(width, height, bits, colour_type, raw, stride):
    """A PNG from raw rows, for what Pillow does not write. The rows may stop early."""
    rows = b"".join(b"\0" + raw[at : at + stride] for at in range(0, len(raw), stride))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, bits, colour_type, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")


def resize_keep_ratio(image, target, longest, resample):
    """timm.data.transforms.ResizeKeepRatio; Pillow cannot make an image without pixels, Avocet keeps at least one."""
    ratio_h, ratio_w = image.height / target[0], image.width / target[1]
    ratio = max(ratio_h, ratio_w) * longest + min(ratio_h, ratio_w) * (1.0 - longest)
    height, width = (max(1, round(side * 1.0 / ratio)) for side in (image.height, image.width))
    return image.resize((width, height), resample)


def centre_crop(image, size, fill):
    """torchvision's CenterCrop, and timm's CenterCropOrPad with another fill."""
    height, width = size
    if width > image.width or height > image.height:
        left, top = max(0, (width - image.width) // 2), max(0, (height - image.height) // 2)
        right, bottom = max(0, (width - image.width + 1) // 2), max(0, (height - image.height + 1) // 2)
        padded = Image.new("RGB", (image.width + left + right, image.height + top + bottom), fill)
        padded.paste(image, (left, top))
        image = padded
    top, left = int(round((image.height - height) / 2.0)), int(round((image.width - width) / 2.0))
    return image.crop((left, top, left + width, top + height))


def preprocess(image, config):
    """timm.data.transforms_factory.transforms_imagenet_eval (1.0.31), up to the crop."""
    size = (config["height"], config["width"])
    scale = tuple(math.floor(side / config["crop_pct"]) for side in size)
    resample = FILTERS[config["interpolation"]]
    if config["crop_mode"] == "squash":
        return centre_crop(image.resize((scale[1], scale[0]), resample), size, 0)
    if config["crop_mode"] == "border":
        fill = tuple(round(255 * value) for value in config["mean"])
        return centre_crop(resize_keep_ratio(image, scale, 1.0, resample), size, fill)
    if scale[0] != scale[1]:
        return centre_crop(resize_keep_ratio(image, scale, 0.0, resample), size, 0)
    short, long = sorted(image.size)
    long = int(scale[0] * long / short)
    resized = (scale[0], long) if image.width <= image.height else (long, scale[0])
    return centre_crop(image.resize(resized, resample), size, 0)


def config(height, width, **changes):
    return {
        "height": height,
        "width": width,
        "interpolation": "bicubic",
        "crop_pct": 0.875,
        "crop_mode": "center",
        "mean": [0.485, 0.456, 0.406],
    } | changes


def crc32(image):
    return zlib.crc32(image.convert("RGB").tobytes())


def write_vectors():
    lossless = [
        "rgb.png", "grey.png", "rgba.png", "grey_alpha.png", "palette.png", "palette_alpha.png", "bilevel.png", "rgb16.png",
        "1x1.png", "1x4000.png", "4000x1.png", "lossless.webp", "alpha.webp", "rgb.bmp", "palette.bmp", "rgba.bmp",
        "rgb.tif", "lzw.tif", "grey.tif", "palette.tif", "rgba.tif", "rgb.jpg", "rgb_444.jpg", "progressive.jpg",
        "restart.jpg", "grey.jpg", "lossy.webp",
    ]
    pixels = []
    for name in lossless:
        image = Image.open(FOLDER / name)
        pixels.append({"file": name, "width": image.width, "height": image.height, "rgb_crc32": crc32(image)})

    # 16-bit grey: the upper byte, where Pillow would clip at 255.
    upper = numpy.asarray(Image.open(FOLDER / "grey16.png")) >> 8
    for name in ("grey16.png", "grey16.tif"):
        grey = Image.fromarray(upper.astype(numpy.uint8))
        pixels.append({"file": name, "width": 61, "height": 47, "rgb_crc32": crc32(grey)})

    # CMYK has no exact conversion; the test compares with a tolerance.
    for name in ("cmyk.jpg", "cmyk.tif"):
        Image.open(FOLDER / name).convert("RGB").save(FOLDER / (name + ".expected.png"))

    every_filter = [{"interpolation": name} for name in FILTERS]
    crops = []

    def add(name, *configs):
        for each in configs:
            image = Image.open(FOLDER / name).convert("RGB")
            crops.append({"file": name, "config": each, "crop_rgb_crc32": crc32(preprocess(image, each))})

    for change in every_filter:
        add("rgb.png", config(32, 32, **change), config(97, 97, **change), config(33, 21, **change))
        add("200x150.png", config(64, 64, **change), config(63, 63, crop_pct=0.9, **change))
        for mode in ("squash", "border"):
            add("rgb.png", config(40, 40, crop_mode=mode, **change), config(96, 64, crop_mode=mode, **change))
            add("200x150.png", config(65, 64, crop_mode=mode, crop_pct=1.0, **change))
            add("1x4000.png", config(32, 32, crop_mode=mode, **change))
            add("4000x1.png", config(32, 32, crop_mode=mode, **change))
            add("3x301.png", config(48, 40, crop_mode=mode, **change))
        add("1x1.png", config(32, 32, **change), config(7, 5, crop_mode="squash", **change))
        add("1x4000.png", config(32, 32, **change))
        add("4000x1.png", config(32, 32, **change))
        add("3x301.png", config(20, 20, **change), config(20, 30, crop_pct=0.95, **change))
    # The crop is larger than what was resized: padded with black (center) or the mean colour (border).
    add("rgb.png", config(50, 50, crop_pct=1.2), config(51, 30, crop_pct=1.3, crop_mode="squash"))
    add("rgb.png", config(50, 50, crop_pct=1.25, crop_mode="border", mean=[0.5, 0.5, 0.5]))
    add("rgb.png", config(50, 50, crop_pct=1.25, crop_mode="border", mean=[0.3, 0.1, 1.0]))
    # Sides that do not change; one output pixel; odd margins, whose half is rounded to even.
    add("rgb.png", config(47, 47, crop_pct=1.0), config(47, 61, crop_mode="squash", crop_pct=1.0), config(1, 1))
    add("rgb.png", *(config(side, side, crop_pct=1.0) for side in (41, 42, 43, 44)))
    for name in ("grey.png", "rgba.png", "palette.png"):
        add(name, config(32, 32))

    with open(FOLDER / "vectors.json", "w") as file:
        write = lambda rows: ",\n".join("  " + json.dumps(row) for row in rows)
        file.write('{"pixels": [\n' + write(pixels) + '],\n "crops": [\n' + write(crops) + "]}\n")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_samples()
    write_vectors()
