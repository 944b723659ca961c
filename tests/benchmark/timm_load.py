#!/usr/bin/env python3
"""Holds what avocet-train and avocet-model write against timm: names and shapes, and the numbers that come of them.

    tests/benchmark/timm_load.py [NETWORK ...] [--build build/release]

For each network timm makes weights, avocet-model imports them, avocet-train trains them on a few pictures of noise, and timm loads both
folders: strictly by load_state_dict, and by create_model("local-dir:..."). On the validation pictures, through timm's own transform, the
loss and top-1 of the trained folder must be those that avocet-train recorded. Exit status 1 where something differs. Needs torch, timm,
numpy and Pillow (requirements.txt); takes a minute.
"""

import argparse
import csv
import pathlib
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
# Batch norms; linear layers and convolutions in ConvNeXt's MLP, V1 and V2; a classifier of convolutions.
NETWORKS = ["convnext_tiny", "convnext_atto", "convnextv2_tiny", "convnextv2_atto", "efficientnet_b0", "tf_efficientnet_lite0",
            "tf_efficientnetv2_b0", "resnet18", "vgg11_bn"]  # fmt: skip
SIZE, TRAIN, VALIDATION = 64, 16, 8  # pixels; pictures a class
LOSS_DIFFERENCE = 1e-4  # float32 on both sides


def write_pictures(folder):
    import numpy
    from PIL import Image
    random = numpy.random.default_rng(1)
    for part, count in (("train", TRAIN), ("val", VALIDATION)):
        for label, name in enumerate(("dark", "light")):
            (folder / part / name).mkdir(parents=True)
            for i in range(count):
                pixels = random.integers(0, 250, (SIZE, SIZE, 3)) + 5 * label
                Image.fromarray(pixels.astype("uint8")).save(folder / part / name / f"{i}.png")


def write_weights(network, path):
    """A network as timm begins with it, but with layer scales that let every block count."""
    import safetensors.torch
    import timm
    import torch
    torch.manual_seed(1)
    state = timm.create_model(network, num_classes=2).state_dict()
    for name, value in state.items():
        if name.endswith(".gamma"):
            torch.nn.init.uniform_(value, 0.1, 0.5)
    safetensors.torch.save_file(state, path, {"format": "pt"})


def run(*command):
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode != 0:
        raise SystemExit(f"timm_load.py: {command[0]} failed:\n{result.stdout[-2000:]}")


def load(network, folder):
    """The model of a folder as timm loads it; an exception where it does not."""
    import safetensors.torch
    import timm
    model = timm.create_model(network, num_classes=2)
    model.load_state_dict(safetensors.torch.load_file(folder / "model.safetensors"), strict=True)
    return timm.create_model(f"local-dir:{folder}", pretrained=True).eval()


def scores(model, folder):
    """(loss, top-1) over the pictures of a folder, by timm's evaluation transform."""
    import timm
    import torch
    from PIL import Image
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
    images, labels = [], []
    for label, name in enumerate(sorted(path.name for path in folder.iterdir())):
        for path in sorted((folder / name).iterdir()):
            images.append(transform(Image.open(path).convert("RGB")))
            labels.append(label)
    labels = torch.tensor(labels)
    with torch.inference_mode():
        logits = model(torch.stack(images))
    return float(torch.nn.functional.cross_entropy(logits, labels)), float((logits.argmax(1) == labels).float().mean())


def check(network, build, folder):
    """Returns whether timm agrees."""
    write_pictures(folder / "data")
    write_weights(network, folder / "weights.safetensors")
    run(build / "engine/tool/avocet-model", "import", folder / "weights.safetensors", "--model", network,
        "--output", folder / "imported")  # fmt: skip
    load(network, folder / "imported" / "1")
    run(build / "engine/train/avocet-train", folder / "data", "--pretrained", folder / "imported" / "1", "--image-size", SIZE,
        "--crop-pct", 1, "--epochs", 1, "--batch-size", 8, "--learning-rate", 1e-4, "--precision", "float32", "--output",
        folder / "run")  # fmt: skip
    with open(folder / "run/epochs.csv", newline="") as file:
        recorded = list(csv.DictReader(file))[-1]
    loss, top1 = float(recorded["validation_loss"]), float(recorded["validation_top1"])
    timms_loss, timms_top1 = scores(load(network, folder / "run/model"), folder / "data/val")
    agrees = abs(loss - timms_loss) <= LOSS_DIFFERENCE * max(timms_loss, 1) and abs(top1 - timms_top1) < 1e-6
    print(f"{network:24} loss {loss:.6f}, timm {timms_loss:.6f}; top-1 {top1:.3f}, timm {timms_top1:.3f}: "
          f"{'the same' if agrees else 'DIFFERENT'}", flush=True)  # fmt: skip
    return agrees


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS, metavar="NETWORK")
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build/release")
    arguments = parser.parse_args()
    agree = True
    for network in arguments.networks:
        with tempfile.TemporaryDirectory() as folder:
            agree = check(network, arguments.build, pathlib.Path(folder)) and agree
    sys.exit(0 if agree else 1)


if __name__ == "__main__":
    main()
