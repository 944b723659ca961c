#!/usr/bin/env python3
"""Fine-tunes tf_efficientnet_lite0 with avocet-train and with timm, in turns, by the same recipe.

    tests/benchmark/fine_tuning.py DATA MODEL_DIR [--seeds 1 2 3 4 5] [--avocet-train FILE] [--threads 2]

DATA holds train/ and val/ with a folder a class (deploy/datasets/prepare_emoji.py writes one), MODEL_DIR the pretrained model.
Recipe: 96 px, 6 epochs, batch 32, AdamW at 1e-3 with weight decay 0.02 of all parameters, 50 warm-up steps, cosine to zero,
label smoothing 0.1, dropout 0.1, random resized bicubic crops of at least 0.7 of the area, horizontal flips, no moving average.
PyTorch computes in float32, the faster one for this network by training.py; avocet-train chooses. Prints top-1 of the last epoch's
weights and the time of the whole process, for each seed and in the mean. Needs torch, torchvision and timm.
"""

import argparse
import math
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
NETWORK = "tf_efficientnet_lite0"
SIZE, EPOCHS, BATCH, WARMUP_STEPS, LEAST_AREA = 96, 6, 32, 50, 0.7


def loaders(data):
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms
    bicubic = transforms.InterpolationMode.BICUBIC
    to_input = [transforms.ToTensor(), transforms.Normalize([0.5] * 3, [0.5] * 3)]
    crop = [transforms.RandomResizedCrop(SIZE, (LEAST_AREA, 1), interpolation=bicubic), transforms.RandomHorizontalFlip()]
    squash = [transforms.Resize((SIZE, SIZE), bicubic)]
    train = datasets.ImageFolder(f"{data}/train", transforms.Compose(crop + to_input))
    validation = datasets.ImageFolder(f"{data}/val", transforms.Compose(squash + to_input))
    return DataLoader(train, BATCH, shuffle=True, drop_last=True), DataLoader(validation, 64)


def fine_tune_with_timm(data, model_dir, seed, threads):
    """Returns top-1 on the validation images."""
    import safetensors.torch
    import timm
    import torch
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    train, validation = loaders(data)
    pretrained = safetensors.torch.load_file(f"{model_dir}/model.safetensors")
    body = {name: value for name, value in pretrained.items() if not name.startswith("classifier.")}
    model = timm.create_model(NETWORK, num_classes=len(train.dataset.classes), drop_rate=0.1)
    model.load_state_dict(body, strict=False)
    model.to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.02)
    steps = EPOCHS * len(train)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (step + 1) / WARMUP_STEPS) * (1 + math.cos(math.pi * step / steps)) / 2)
    criterion = torch.nn.CrossEntropyLoss(label_smoothing=0.1)
    for _ in range(EPOCHS):
        model.train()
        for images, labels in train:
            optimizer.zero_grad()
            criterion(model(images.to(memory_format=torch.channels_last)), labels).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.inference_mode():
        correct = sum(int((model(images.to(memory_format=torch.channels_last)).argmax(1) == labels).sum())
                      for images, labels in validation)
    return 100 * correct / len(validation.dataset)


def timed(command, pattern):
    """(percent that `pattern` finds in the output, seconds)"""
    begin = time.monotonic()
    result = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    seconds = time.monotonic() - begin
    found = re.search(pattern, result.stdout)
    if result.returncode != 0 or found is None:
        raise SystemExit(f"fine_tuning.py: {command[0]} failed:\n{result.stdout[-2000:]}")
    return float(found[1]), seconds


def ours(arguments, seed, folder):
    # One epoch has as many steps as there are whole batches.
    images = sum(1 for path in (arguments.data / "train").glob("*/*") if path.is_file())
    warmup = WARMUP_STEPS / (images // BATCH)
    return timed([arguments.avocet_train, arguments.data, "--pretrained", arguments.model_dir, "--image-size", SIZE,
                  "--epochs", EPOCHS, "--warmup-epochs", f"{warmup:.3f}", "--crop-scale-min", LEAST_AREA,
                  "--crop-filter", "bicubic", "--color-jitter", 0, "--decay-all",
                  "--ema-decay", 0, "--crop-mode", "squash", "--crop-pct", 1, "--seed", seed, "--threads", arguments.threads,
                  "--output", folder], r"the finished weights: top-1 ([\d.]+) %")  # fmt: skip


def theirs(arguments, seed):
    return timed([sys.executable, __file__, arguments.data, arguments.model_dir, "--threads", arguments.threads, "--timm", seed],
                 r"top-1 ([\d.]+) %")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("model_dir", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    parser.add_argument("--avocet-train", type=pathlib.Path, default=TOP / "build/release/engine/train/avocet-train")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--timm", type=int, metavar="SEED", help="train with timm alone")
    arguments = parser.parse_args()
    if arguments.timm is not None:
        top1 = fine_tune_with_timm(arguments.data, arguments.model_dir, arguments.timm, arguments.threads)
        print(f"top-1 {top1:.2f} %")
        return
    rows = []
    print(f"{'seed':>5} {'timm %':>8} {'s':>6} {'avocet %':>9} {'s':>6} {'time':>6}")
    for seed in arguments.seeds:
        with tempfile.TemporaryDirectory() as folder:
            row = *theirs(arguments, seed), *ours(arguments, seed, f"{folder}/run")
        rows.append(row)
        print(f"{seed:5d} {row[0]:8.2f} {row[1]:6.0f} {row[2]:9.2f} {row[3]:6.0f} {row[3] / row[1]:6.2f}", flush=True)
    mean = [statistics.mean(column) for column in zip(*rows)]
    print(f"{'mean':>5} {mean[0]:8.2f} {mean[1]:6.0f} {mean[2]:9.2f} {mean[3]:6.0f} {mean[3] / mean[1]:6.2f}")
    if len(rows) > 1:
        errors = [statistics.stdev(column) / len(rows) ** 0.5 for column in list(zip(*rows))[::2]]
        print(f"standard errors of the means: timm {errors[0]:.2f}, avocet {errors[1]:.2f}")


if __name__ == "__main__":
    main()
