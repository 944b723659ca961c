"""Checks the top level's entries, that every folder of the engine is explained, and file names."""

import pathlib
import re

import tree

TOP_LEVEL = {
    "proto", "server", "client", "engine", "deploy", "tests",
    "CMakeLists.txt", "CMakePresets.json", "docker-compose.yml", "README.md", "LICENSE",
}
# Names that say nothing about what is inside.
EMPTY_NAMES = {"util", "utils", "common", "helper", "helpers", "misc"}


def check_top_level(files):
    found = {path.split("/")[0] for path in files}
    violations = [f"{name}: has no place at the top level"
                  for name in sorted(found - TOP_LEVEL) if not name.startswith(".")]
    return violations + [f"{name}: is missing at the top level" for name in sorted(TOP_LEVEL - found)]


def check_engine_readme(root, files):
    """Every folder of the engine has its own README.md, or engine/README.md names it: `name` or name/."""
    readme = root / "engine" / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.is_file() else ""
    folders = {path.split("/")[1] for path in files if re.match(r"engine/[^/]+/", path)}
    return [f"engine/{folder}: neither its own README.md nor a mention of `{folder}` in engine/README.md"
            for folder in sorted(folders)
            if f"engine/{folder}/README.md" not in files
            and not re.search(rf"`{re.escape(folder)}`|\b{re.escape(folder)}/", text)]


def check_names(files):
    return [f"{path}: the name says nothing about what is inside"
            for path in files if pathlib.PurePosixPath(path).stem in EMPTY_NAMES]


def check(root):
    files = tree.project_files(root)
    return check_top_level(files) + check_engine_readme(root, files) + check_names(files)


if __name__ == "__main__":
    tree.main(check, __doc__)
