"""Writes the safetensors format: header length, JSON header, tensors' bytes without holes."""

import json
import os

HEADER_ALIGNMENT = 8  # bytes; so that the largest dtype is aligned in a mapped file
ITEM_SIZES = {"F64": 8, "I64": 8, "F32": 4, "I32": 4, "F16": 2, "BF16": 2, "I16": 2, "U8": 1, "I8": 1, "BOOL": 1}


def write(path, tensors, metadata):
    """Writes {name: Tensor} and {str: str} to `path`, which must not exist, and flushes it to the disk."""
    # The reference writer's order: it keeps every tensor aligned to its own item size.
    names = sorted(tensors, key=lambda name: (-ITEM_SIZES[tensors[name].dtype], name))
    header = {"__metadata__": metadata}
    offset = 0
    for name in names:
        tensor = tensors[name]
        header[name] = {
            "dtype": tensor.dtype,
            "shape": list(tensor.shape),
            "data_offsets": [offset, offset + len(tensor.data)],
        }
        offset += len(tensor.data)
    encoded = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    encoded += b" " * (-len(encoded) % HEADER_ALIGNMENT)
    with open(path, "xb") as file:
        file.write(len(encoded).to_bytes(8, "little"))
        file.write(encoded)
        for name in names:
            file.write(tensors[name].data)
        file.flush()
        os.fsync(file.fileno())
