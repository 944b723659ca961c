"""Checks that no file is longer than a reader holds in the head."""

import tree

MAX_LINES = 300
SUFFIXES = (".cc", ".h", ".proto", ".py", ".sh", ".cmake")


def check(root):
    violations = []
    for path in tree.project_files(root):
        if path.endswith(SUFFIXES) or path.endswith("CMakeLists.txt"):
            count = (root / path).read_bytes().count(b"\n")
            if count > MAX_LINES:
                violations.append(f"{path}: {count} lines, at most {MAX_LINES} are allowed")
    return violations


if __name__ == "__main__":
    tree.main(check, __doc__)
