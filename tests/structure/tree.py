"""The files of a source tree, and how a check reports what it found."""

import argparse
import os
import pathlib
import subprocess
import sys

# A test that exits with this status is shown as skipped (SKIP_RETURN_CODE in CMakeLists.txt).
SKIPPED = 77


def project_files(root):
    """Returns the tree's files as sorted relative POSIX paths, without what git ignores.

    A tree without git (an unpacked archive, a test's fixture) is walked, leaving out build/ and .git/.
    """
    if (root / ".git").exists():
        listing = subprocess.run(
            ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            stdout=subprocess.PIPE, check=False)
        if listing.returncode == 0:
            names = listing.stdout.decode().split("\0")
            return sorted(name for name in names if name and (root / name).is_file())
    found = []
    for folder, folders, names in os.walk(root):
        here = pathlib.Path(folder).relative_to(root)
        folders[:] = [name for name in folders if name != ".git" and (here / name).as_posix() != "build"]
        found += [(here / name).as_posix() for name in names]
    return sorted(found)


def is_source(path):
    """Whether `path` is C++ of ours."""
    return path.endswith((".cc", ".h"))


def main(check, description):
    """Runs `check(root) -> [violation]` on the tree of the command line; exits 1 if it found any."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("root", type=pathlib.Path, help="top of the source tree")
    violations = check(parser.parse_args().root)
    for violation in violations:
        print(violation)
    print(f"{len(violations)} violations")
    sys.exit(1 if violations else 0)
