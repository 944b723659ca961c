"""Writes `.pth` files in PyTorch's legacy layout, right or wrong, without PyTorch."""

import collections
import io
import pathlib
import pickle
import struct
import sys
import types

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "deploy" / "models"))

MAGIC_NUMBER = 0x1950A86A20F9469CFC6C
HOST = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}


def _global(module, name):
    """An object that pickles as the global `module.name`."""
    stand_in = type(name, (), {"__module__": module})
    setattr(sys.modules.setdefault(module, types.ModuleType(module)), name, stand_in)
    return stand_in


FLOAT_STORAGE = _global("torch", "FloatStorage")
LONG_STORAGE = _global("torch", "LongStorage")
REBUILD = _global("torch._utils", "_rebuild_tensor_v2")
FORMATS = {FLOAT_STORAGE: "f", LONG_STORAGE: "q"}


class Storage:
    def __init__(self, key, values, kind=FLOAT_STORAGE):
        self.key, self.values, self.kind = key, values, kind

    def data(self):
        return struct.pack(f"<q{len(self.values)}{FORMATS[self.kind]}", len(self.values), *self.values)


class Tensor:
    def __init__(self, storage, shape, strides, offset=0):
        self.arguments = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return REBUILD, self.arguments


class Calls:
    """Pickles as a call: unpickled without care, it runs `function(*arguments)`."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


class _Pickler(pickle.Pickler):
    def persistent_id(self, obj):
        if isinstance(obj, Storage):
            return ("storage", obj.kind, obj.key, "cpu", len(obj.values), None)
        return None


def dumps(obj, protocol=2):
    file = io.BytesIO()
    _Pickler(file, protocol).dump(obj)
    return file.getvalue()


def vector(key, values, kind=FLOAT_STORAGE):
    """A one-dimensional tensor that fills its storage."""
    return Tensor(Storage(key, values, kind), (len(values),), (1,))


def pth(state, magic=MAGIC_NUMBER, version=1001, host=None, saved=None, keys=None):
    """The file for {name: Tensor}; `saved` replaces the pickle of the state, `keys` the list of storages."""
    storages = {tensor.arguments[0].key: tensor.arguments[0] for tensor in state.values()}
    keys = sorted(storages) if keys is None else keys
    pickles = [dumps(magic), dumps(version), dumps(HOST if host is None else host)]
    pickles += [dumps(collections.OrderedDict(state)) if saved is None else saved, dumps(keys)]
    return b"".join(pickles) + b"".join(storages[key].data() for key in keys if key in storages)
