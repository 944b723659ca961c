"""Checks who includes what: the layers of engine/README.md and the homes of the large libraries."""

import re

import tree

# Our folder -> the folders of ours that it may include besides itself.
MAY_INCLUDE = {
    "engine/base": (),
    "engine/graph": ("engine/base",),
    "engine/checkpoint": ("engine/base", "engine/graph"),
    "engine/models": ("engine/base", "engine/graph"),
    "engine/passes": ("engine/base", "engine/graph"),
    "engine/image": ("engine/base",),
    "engine/metrics": ("engine/base", "engine/image"),
    "engine/kernels": ("engine/base", "engine/graph"),
    "engine/onednn": ("engine/base", "engine/graph", "engine/kernels", "engine/passes"),
    "engine/quantization": ("engine/base", "engine/graph", "engine/passes", "engine/onednn"),
    "engine/tuning": ("engine/base", "engine/checkpoint"),
    "engine/train": ("proto", "engine/base", "engine/graph", "engine/checkpoint", "engine/models",
                     "engine/image", "engine/metrics", "engine/onednn"),
    "engine/tool": ("engine/base", "engine/graph", "engine/checkpoint", "engine/models",
                    "engine/passes", "engine/image", "engine/metrics", "engine/onednn",
                    "engine/quantization", "engine/tuning"),
    "server": ("proto", "engine/base", "engine/graph", "engine/checkpoint", "engine/models",
               "engine/image", "engine/onednn", "engine/tuning"),
    "client": ("proto", "engine/base"),
    "proto": (),
}

# Library -> (how its headers start, the folders that may include them).
LIBRARY_HOMES = {
    "oneDNN": (("dnnl", "oneapi/dnnl"), ("engine/onednn",)),
    "OpenCV": (("opencv2/", "opencv4/"), ("engine/image",)),
    "gRPC": (("grpcpp/", "grpc/", "grpc++/"), ("server", "client")),
    "prometheus-cpp": (("prometheus/",), ("server", "engine/train")),
    "MPI": (("mpi.h",), ("engine/train",)),
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def layer_of(path):
    """Returns the folder of MAY_INCLUDE that `path` is in (engine/X, or the first folder)."""
    parts = path.split("/")
    return "/".join(parts[:2]) if parts[0] == "engine" else parts[0]


def belongs_to_library(header):
    """Whether a quoted header is another project's: Google's style quotes those too."""
    first = header.split("/")[0]
    known = any(header.startswith(starts) for starts, _ in LIBRARY_HOMES.values())
    return known or (first != header and first not in {layer.split("/")[0] for layer in MAY_INCLUDE})


def check_include(path, quoted, header, files):
    """Returns what is wrong with `path` including `header`, or None."""
    layer = layer_of(path)
    if layer == "tests":
        layer = None  # Tests may include anything, if they name it by its path from the top.
    for library, (starts, homes) in LIBRARY_HOMES.items():
        if header.startswith(starts) or (library == "gRPC" and header.endswith(".grpc.pb.h")):
            if layer is not None and layer not in homes:
                return f"{library} ({header}) belongs to {' and '.join(homes)} only"
    generated = header.startswith("proto/") and header.endswith(".pb.h")
    if quoted and header not in files and not generated and not belongs_to_library(header):
        return f'"{header}" is no path from the top of the tree'
    if layer is None or (header not in files and not generated):
        return None
    target = layer_of(header)
    if layer not in MAY_INCLUDE:
        return f"{layer} has no place in the layers; give it one in tests/structure/includes.py"
    if target != layer and target not in MAY_INCLUDE[layer]:
        return f"{layer} may not include {target} ({header})"
    return None


def check(root):
    files = set(tree.project_files(root))
    violations = []
    for path in sorted(filter(tree.is_source, files)):
        lines = (root / path).read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines, start=1):
            match = INCLUDE.match(line)
            if match:
                wrong = check_include(path, match[1] == '"', match[2], files)
                if wrong:
                    violations.append(f"{path}:{number}: {wrong}")
    return violations


if __name__ == "__main__":
    tree.main(check, __doc__)
