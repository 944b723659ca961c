"""Checks that each header compiles alone, with the flags of the build tree given.

Headers that a source file of the build tree includes first need no check: the build has done it.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile

import includes
import tree

FLAGS_WITH_VALUE = ("-isystem", "-I", "-D")
# Of one source file, and new with every commit, which would make ccache's memory worthless.
VOLATILE = "-DAVOCET_COMMIT="


def compiler_and_flags(build):
    """Returns the compiler and every include path, definition and language level of the build tree."""
    commands = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    compiler, flags = None, []
    for command in commands:
        words = shlex.split(command["command"])
        if "ccache" in os.path.basename(words[0]):
            words = words[1:]
        if not command["file"].endswith((".cc", ".cpp", ".cxx")):
            continue
        compiler = words[0]
        position = 1
        while position < len(words):
            word = words[position]
            flag = [word]
            if word in FLAGS_WITH_VALUE:
                position += 1
                flag.append(words[position])
            wanted = word.startswith((*FLAGS_WITH_VALUE, "-std=")) and not word.startswith(VOLATILE)
            if wanted and flag not in flags:
                flags.append(flag)
            position += 1
    if compiler is None:
        sys.exit(f"{build}/compile_commands.json: no C++ file in it")
    return compiler, [word for flag in flags for word in flag]


def included_first(build):
    """Returns what the source files of the build tree include before anything else."""
    headers = set()
    for command in json.loads((build / "compile_commands.json").read_text(encoding="utf-8")):
        source = pathlib.Path(command["directory"], command["file"])
        lines = source.read_text(encoding="utf-8").splitlines() if source.is_file() else []
        headers.update([match[2] for line in lines if (match := includes.INCLUDE.match(line))][:1])
    return headers


def check(root, compiler, flags, proven=frozenset()):
    """Returns one violation for each header under `root` that does not compile alone, leaving out those in `proven`.

    `compiler` is a list: with ccache in front, headers that did not change cost nothing.
    """
    headers = [path for path in tree.project_files(root) if path.endswith(".h") and path not in proven]

    def compile_alone(path):
        # Into an object file rather than -fsyntax-only, which ccache would not remember.
        with tempfile.TemporaryDirectory() as scratch:
            command = [*compiler, *flags, "-w", "-x", "c++", "-c", path, "-o", f"{scratch}/header.o"]
            result = subprocess.run(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                    check=False)
        if result.returncode == 0:
            return None
        return f"{path}: does not compile alone\n{result.stdout.decode(errors='replace')}"

    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        return [violation for violation in pool.map(compile_alone, headers) if violation]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("build", type=pathlib.Path, help="build tree with a compile_commands.json")
    parser.add_argument("launcher", nargs="*", help="ccache, if the build uses it")
    options = parser.parse_args()
    cxx, cxx_flags = compiler_and_flags(options.build)
    found = check(options.root, [*options.launcher, cxx], cxx_flags, included_first(options.build))
    print(*found, sep="\n")
    print(f"{len(found)} violations")
    sys.exit(1 if found else 0)
