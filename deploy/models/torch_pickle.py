"""Reads PyTorch's legacy `.pth` files without PyTorch, and without running anything they contain.

Such a file is five pickles (magic number, protocol version, host facts, the saved object, the keys of its storages)
followed by each storage's element count and raw little-endian bytes, as `torch.serialization._legacy_save` writes them.
"""

import collections
import io
import math
import pickle
import pickletools
import struct
import typing

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
PROTOCOL_VERSION = 1001
ZIP_SIGNATURE = b"PK\x03\x04"
MAX_RANK = 8
MAX_MEMO_INDEX = 1 << 20  # the unpickler allocates a table of this size, whatever the file's


class PickleError(Exception):
    """The file is damaged, or holds something other than a dictionary of tensors."""


class StorageType(typing.NamedTuple):
    dtype: str  # as safetensors spells it
    item_size: int  # bytes


class Storage(typing.NamedTuple):
    type: StorageType
    key: str
    count: int  # elements


class StridedTensor(typing.NamedTuple):
    storage: Storage
    offset: int  # these three in elements
    shape: tuple
    strides: tuple


class Tensor(typing.NamedTuple):
    dtype: str
    shape: tuple
    data: bytes  # row-major, little-endian


STORAGE_TYPES = {
    "DoubleStorage": StorageType("F64", 8),
    "FloatStorage": StorageType("F32", 4),
    "HalfStorage": StorageType("F16", 2),
    "BFloat16Storage": StorageType("BF16", 2),
    "LongStorage": StorageType("I64", 8),
    "IntStorage": StorageType("I32", 4),
    "ShortStorage": StorageType("I16", 2),
    "CharStorage": StorageType("I8", 1),
    "ByteStorage": StorageType("U8", 1),
    "BoolStorage": StorageType("BOOL", 1),
}

# Opcodes of protocol 2 that build plain values, name a global, call it, or refer to a storage. None of the others
# (NEWOBJ, INST, OBJ, EXT*, STACK_GLOBAL, ...) occurs in a dictionary of tensors.
ALLOWED_OPCODES = frozenset(
    "PROTO STOP MARK POP NONE NEWTRUE NEWFALSE BININT BININT1 BININT2 LONG1 BINFLOAT BINUNICODE SHORT_BINSTRING "
    "EMPTY_TUPLE TUPLE TUPLE1 TUPLE2 TUPLE3 EMPTY_LIST APPEND APPENDS EMPTY_DICT SETITEM SETITEMS "
    "BINPUT LONG_BINPUT BINGET LONG_BINGET GLOBAL REDUCE BUILD BINPERSID".split()
)


def _is_index(value):
    return type(value) is int and 0 <= value < 1 << 62


def _rebuild_tensor(storage, offset, shape, strides, requires_grad, hooks, metadata=None):
    """Stands for `torch._utils._rebuild_tensor_v2`: notes what to read, once the storages are known."""
    del requires_grad, hooks, metadata
    if not isinstance(storage, Storage):
        raise PickleError("a tensor does not refer to a storage")
    for name, values in (("shape", shape), ("strides", strides)):
        if type(values) is not tuple or len(values) > MAX_RANK or not all(map(_is_index, values)):
            raise PickleError(f"a tensor's {name} must be a tuple of at most {MAX_RANK} non-negative integers")
    if not _is_index(offset) or len(shape) != len(strides):
        raise PickleError("a tensor's offset, shape and strides do not belong together")
    last = offset + sum((size - 1) * stride for size, stride in zip(shape, strides))
    if 0 not in shape and last >= storage.count:
        raise PickleError(f"a tensor reaches element {last} of a storage of {storage.count}")
    # Strides of zero could turn one stored element into any number of them.
    if math.prod(shape) > storage.count:
        raise PickleError(f"a tensor of shape {shape} has more elements than its storage of {storage.count}")
    return StridedTensor(storage, offset, shape, strides)


GLOBALS = {
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild_tensor,
    **{("torch", name): storage_type for name, storage_type in STORAGE_TYPES.items()},
}


class _TensorUnpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in GLOBALS:
            raise PickleError(f"refused: it asks for {module}.{name}, which is not needed to rebuild a tensor")
        return GLOBALS[(module, name)]

    def persistent_load(self, pid):
        if type(pid) is not tuple or len(pid) not in (5, 6) or pid[0] != "storage" or pid[5:] not in ((), (None,)):
            raise PickleError("refused: it refers to something that is not a whole storage")
        _, storage_type, key, _, count = pid[:5]
        if not isinstance(storage_type, StorageType) or type(key) is not str or not _is_index(count):
            raise PickleError("a storage's type, key or element count is wrong")
        return Storage(storage_type, key, count)


def _check_opcodes(file):
    """Moves `file` behind the next pickle, having seen that it consists of harmless opcodes."""
    try:
        for opcode, argument, _ in pickletools.genops(file):
            if opcode.name not in ALLOWED_OPCODES:
                raise PickleError(f"refused: it uses the pickle opcode {opcode.name}")
            if opcode.name == "LONG_BINPUT" and argument > MAX_MEMO_INDEX:
                raise PickleError(f"refused: memo index {argument} is larger than {MAX_MEMO_INDEX}")
    except ValueError as error:
        raise PickleError(f"not a complete pickle: {error}") from error


def _load_pickle(file):
    start = file.tell()
    _check_opcodes(file)
    end = file.tell()
    file.seek(start)
    try:
        return _TensorUnpickler(io.BytesIO(file.read(end - start))).load()
    except PickleError:
        raise
    except Exception as error:  # the unpickler lets through whatever malformed arguments provoke
        raise PickleError(f"malformed pickle: {type(error).__name__}: {error}") from error


def _read_exactly(file, size, what):
    data = file.read(size)
    if len(data) != size:
        raise PickleError(f"truncated: {what} needs {size} bytes, {len(data)} are left")
    return data


def _read_storages(file, keys, storages, file_size):
    if type(keys) is not list or not all(type(key) is str for key in keys) or len(set(keys)) != len(keys):
        raise PickleError("the list of storages is not a list of distinct names")
    if set(keys) != set(storages):
        raise PickleError("the list of storages differs from the storages that the tensors refer to")
    contents = {}
    for key in keys:
        storage = storages[key]
        (count,) = struct.unpack("<q", _read_exactly(file, 8, f"the size of storage {key}"))
        if count != storage.count:
            raise PickleError(f"storage {key} has {count} elements where {storage.count} were announced")
        size = count * storage.type.item_size
        if size > file_size:  # before `read` allocates it
            raise PickleError(f"truncated: storage {key} needs {size} bytes, the file has {file_size}")
        contents[key] = _read_exactly(file, size, f"storage {key}")
    if file.read(1):
        raise PickleError("bytes follow the last storage")
    return contents


def _contiguous(tensor, data):
    """The tensor's elements in row-major order."""
    item_size = tensor.storage.type.item_size
    elements = memoryview(data).cast({1: "B", 2: "H", 4: "I", 8: "Q"}[item_size])
    dims = [(size, stride) for size, stride in zip(tensor.shape, tensor.strides) if size != 1] or [(1, 1)]
    if 0 in tensor.shape:
        return b""
    inner_size, inner_stride = dims.pop()
    # One stride for several dimensions where memory allows it makes few long slices of many short ones.
    while dims and inner_stride > 0 and dims[-1][1] == inner_size * inner_stride:
        inner_size *= dims.pop()[0]
    starts = [tensor.offset]
    for size, stride in dims:
        starts = [start + i * stride for start in starts for i in range(size)]
    if inner_stride == 0:
        return b"".join(elements[start : start + 1].tobytes() * inner_size for start in starts)
    length = (inner_size - 1) * inner_stride + 1
    return b"".join(elements[start : start + length : inner_stride].tobytes() for start in starts)


def read(file):
    """Returns {name: Tensor} from a seekable binary file. Raises PickleError."""
    file_size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if file.read(len(ZIP_SIGNATURE)) == ZIP_SIGNATURE:
        raise PickleError("it is in PyTorch's newer zip layout; only the legacy layout is understood")
    file.seek(0)
    if _load_pickle(file) != MAGIC_NUMBER:
        raise PickleError("it does not start with PyTorch's magic number")
    if _load_pickle(file) != PROTOCOL_VERSION:
        raise PickleError(f"its protocol version is not {PROTOCOL_VERSION}")
    host = _load_pickle(file)
    if type(host) is not dict or host.get("little_endian") is not True:
        raise PickleError("it was not written on a little-endian machine")

    saved = _load_pickle(file)
    if not isinstance(saved, dict):
        raise PickleError(f"it holds a {type(saved).__name__} where a dictionary of tensors is expected")
    storages = {}
    for name, tensor in saved.items():
        if type(name) is not str or not isinstance(tensor, StridedTensor):
            raise PickleError(f"entry {name!r:.80} is not a named tensor")
        if tensor.storage.key in storages:  # else a small file could ask for any amount of memory
            raise PickleError(f"entry {name!r:.80} shares its storage with another tensor")
        storages[tensor.storage.key] = tensor.storage

    contents = _read_storages(file, _load_pickle(file), storages, file_size)
    return {
        name: Tensor(tensor.storage.type.dtype, tensor.shape, _contiguous(tensor, contents[tensor.storage.key]))
        for name, tensor in saved.items()
    }
