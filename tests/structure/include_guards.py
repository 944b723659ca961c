"""Checks that every header is guarded by AVOCET_<PATH>_H_, in the form of Google's style guide."""

import re

import tree


def guard_of(path):
    """Returns the guard of the header at `path`: engine/base/status.h -> AVOCET_ENGINE_BASE_STATUS_H_."""
    return "AVOCET_" + re.sub(r"[^A-Za-z0-9]", "_", path).upper() + "_"


def check(root):
    violations = []
    for path in tree.project_files(root):
        if not path.endswith(".h"):
            continue
        guard = guard_of(path)
        text = (root / path).read_text(encoding="utf-8")
        directives = re.findall(r"^#.*$", text, flags=re.MULTILINE)
        expected = [f"#ifndef {guard}", f"#define {guard}"]
        if directives[:2] != expected or directives[-1] != f"#endif  // {guard}":
            violations.append(f"{path}: expected the include guard {guard} around the whole header")
    return violations


if __name__ == "__main__":
    tree.main(check, __doc__)
