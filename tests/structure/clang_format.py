"""Checks that clang-format would change nothing.

What clang-format prints depends on its version (19 writes `info{}` where 14 writes `info {}`), so one
is the law, and with another the check is skipped rather than failing a tree that is in order.
"""

import os
import re
import shutil
import subprocess
import sys

import tree

# Debian 12's.
MAJOR = 14


def find_clang_format():
    """Returns the path of a clang-format of the major version that is the law, or None."""
    for name in (os.environ.get("CLANG_FORMAT"), f"clang-format-{MAJOR}", "clang-format"):
        path = shutil.which(name) if name else None
        if path is None:
            continue
        version = subprocess.run([path, "--version"], stdout=subprocess.PIPE, check=True).stdout.decode()
        match = re.search(r"version (\d+)\.", version)
        if match and int(match[1]) == MAJOR:
            return path
    return None


def check(root):
    clang_format = find_clang_format()
    if clang_format is None:
        print(f"skipped: no clang-format {MAJOR}; CLANG_FORMAT can name one")
        sys.exit(tree.SKIPPED)
    violations = []
    files = [path for path in tree.project_files(root) if tree.is_source(path) or path.endswith(".proto")]
    for path in files:
        source = (root / path).read_bytes()
        formatted = subprocess.run([clang_format, "--style=file", path], cwd=root,
                                   stdout=subprocess.PIPE, check=True).stdout
        if formatted != source:
            before, after = source.splitlines(), formatted.splitlines()
            changed = (i for i, pair in enumerate(zip(before, after), start=1) if pair[0] != pair[1])
            line = next(changed, min(len(before), len(after)))
            violations.append(f"{path}:{line}: first difference; run clang-format -i {path}")
    return violations


if __name__ == "__main__":
    tree.main(check, __doc__)
