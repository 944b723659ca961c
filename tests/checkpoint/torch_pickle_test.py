import builtins
import collections
import io
import os
import pathlib
import pickle
import random
import struct
import subprocess
import tempfile
import unittest

import legacy_pth
import torch_pickle
from legacy_pth import Calls, Storage, Tensor, dumps, pth, vector


def read(data):
    return torch_pickle.read(io.BytesIO(data))


def floats(tensor):
    return list(struct.unpack(f"<{len(tensor.data) // 4}f", tensor.data))


class ReadsTensors(unittest.TestCase):
    def test_values_shapes_and_types(self):
        counter = Tensor(Storage("2", [7], legacy_pth.LONG_STORAGE), (), ())
        tensors = read(pth({"a": vector("1", [1.0, -2.5]), "n": counter}))
        self.assertEqual(list(tensors), ["a", "n"])
        self.assertEqual(tensors["a"], torch_pickle.Tensor("F32", (2,), struct.pack("<2f", 1.0, -2.5)))
        self.assertEqual(tensors["n"], torch_pickle.Tensor("I64", (), struct.pack("<q", 7)))

    def test_any_strides_become_row_major(self):
        values = [float(i) for i in range(60)]
        for shape, strides, offset in [
            ((3, 4, 5), (20, 5, 1), 0),
            ((3, 4, 5), (1, 3, 12), 0),
            ((5, 4, 3), (4, 1, 20), 0),
            ((3, 5), (20, 1), 7),
            ((2, 1, 3), (30, 999, 10), 4),
            ((1, 1), (1, 1), 59),
            ((4, 5), (0, 1), 0),
            ((5, 4), (1, 0), 2),
            ((0, 4), (4, 1), 0),
        ]:
            found = read(pth({"t": Tensor(Storage("s", values), shape, strides, offset)}))["t"]
            indices = [[]]
            for size in shape:
                indices = [index + [i] for index in indices for i in range(size)]
            expected = [values[offset + sum(i * s for i, s in zip(index, strides))] for index in indices]
            self.assertEqual(floats(found), expected, (shape, strides, offset))

    def test_metadata_beside_the_tensors(self):
        state = collections.OrderedDict(a=vector("1", [1.0]))
        state._metadata = {"": {"version": 1}}
        self.assertEqual(list(read(pth(state, saved=dumps(state)))), ["a"])


class RefusesCode(unittest.TestCase):
    def refused(self, saved, message):
        with self.assertRaisesRegex(torch_pickle.PickleError, message):
            read(pth({}, saved=saved))

    def test_calls_are_not_made(self):
        with tempfile.TemporaryDirectory() as folder:
            marker = pathlib.Path(folder) / "executed"
            code = f"open({str(marker)!r}, 'w')"
            for function, arguments, name in [
                (os.system, (f"touch {marker}",), f"{os.name}.system"),
                (builtins.eval, (code,), "__builtin__.eval"),
                (builtins.exec, (code,), "__builtin__.exec"),
                (builtins.getattr, (marker, "touch"), "__builtin__.getattr"),
                (builtins.__import__, ("os",), "__builtin__.__import__"),
                (subprocess.Popen, (["touch", str(marker)],), "commands.Popen"),  # protocol 2 maps names to Python 2
            ]:
                self.refused(dumps({"a": Calls(function, *arguments)}), f"refused: it asks for {name}")
            # What the payloads would do to a plain reader.
            pickle.loads(dumps(Calls(builtins.eval, code))).close()
            self.assertTrue(marker.exists())

    def test_calls_inside_of_allowed_calls(self):
        inner = Calls(os.system, "true")
        self.refused(dumps(Calls(collections.OrderedDict, [("a", inner)])), "refused: it asks for .*system")
        self.refused(dumps({"a": Calls(legacy_pth.REBUILD, inner, 0, (), (), False, None)}), "refused: it asks for")
        self.refused(dumps(Calls(Calls, inner)), "refused: it asks for")

    def test_calls_in_every_pickle_of_the_file(self):
        attack = Calls(os.system, "true")
        for part in ({"magic": attack}, {"version": attack}, {"host": attack}, {"keys": [attack]}):
            with self.assertRaisesRegex(torch_pickle.PickleError, "refused: it asks for"):
                read(pth({}, **part))

    def test_other_globals_of_allowed_modules(self):
        self.refused(b"\x80\x02ccollections\nCounter\n.", "refused: it asks for collections.Counter")
        self.refused(b"\x80\x02ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "refused: it asks for")
        self.refused(b"\x80\x02ctorch\nload\n.", "refused: it asks for torch.load")

    def test_opcodes_that_tensors_do_not_need(self):
        self.refused(b"(S'true'\nios\nsystem\n.", "refused: it uses the pickle opcode")
        self.refused(b"\x80\x02\x82\x01.", "refused: it uses the pickle opcode EXT1")
        self.refused(dumps({"a": os.system}, 4), "refused: it uses the pickle opcode")
        self.refused(dumps(object()), "refused: it")
        self.refused(b"\x80\x02r\xff\xff\xff\x7f.", "(refused: memo index|not a complete pickle|malformed)")
        self.refused(b"\x80\x02Nr\xff\xff\xff\x7f.", "refused: memo index 2147483647")

    def test_references_to_other_than_storages(self):
        for pid in (b"N", b"K\x01", b"X\x07\x00\x00\x00storage", b"(X\x06\x00\x00\x00moduleNNNNt"):
            self.refused(b"\x80\x02" + pid + b"Q.", "refused: it refers to something")


class RefusesMalformedFiles(unittest.TestCase):
    def problem(self, data):
        with self.assertRaises(torch_pickle.PickleError) as context:
            read(data)
        return str(context.exception)

    def test_every_truncation(self):
        whole = pth({"a": vector("1", [1.0, 2.0]), "b": vector("2", [3.0])})
        for size in range(len(whole)):
            self.problem(whole[:size])
        self.assertIn("truncated: storage 2 needs 4 bytes", self.problem(whole[:-1]))
        self.assertIn("bytes follow the last storage", self.problem(whole + b"x"))

    def test_damage_anywhere_is_read_or_refused(self):
        whole = pth({"a": vector("1", [1.0, 2.0]), "b": vector("2", [3.0])})
        generator = random.Random(20231122)
        for _ in range(3000):
            data = bytearray(whole)
            for _ in range(generator.randint(1, 3)):
                data[generator.randrange(len(data))] = generator.randrange(256)
            try:
                read(bytes(data))
            except torch_pickle.PickleError:
                pass

    def test_other_formats(self):
        self.assertIn("zip layout", self.problem(b"PK\x03\x04" + b"\0" * 100))
        self.assertIn("not a complete pickle", self.problem(b"not a checkpoint"))
        self.assertIn("magic number", self.problem(pth({}, magic=7)))
        self.assertIn("protocol version", self.problem(pth({}, version=1002)))
        self.assertIn("little-endian", self.problem(pth({}, host={"little_endian": False})))

    def test_other_objects(self):
        self.assertIn("holds a list", self.problem(pth({}, saved=dumps([1]))))
        self.assertIn("entry 'a' is not a named tensor", self.problem(pth({}, saved=dumps({"a": 1}))))
        self.assertIn("entry 1 is not a named tensor", self.problem(pth({}, saved=dumps({1: vector("1", [1.0])}))))

    def test_tensors_outside_of_their_storage(self):
        def tensor(shape, strides, offset=0):
            return self.problem(pth({"t": Tensor(Storage("s", [1.0] * 6), shape, strides, offset)}))

        self.assertIn("reaches element 6 of a storage of 6", tensor((7,), (1,)))
        self.assertIn("reaches element 6", tensor((2, 3), (3, 1), 1))
        self.assertIn("more elements than its storage", tensor((1 << 40,), (0,)))
        self.assertIn("strides must be a tuple", tensor((2,), (-1,)))
        self.assertIn("shape must be a tuple", tensor((1,) * 9, (1,) * 9))
        self.assertIn("shape must be a tuple", tensor([6], (1,)))
        self.assertIn("do not belong together", tensor((2, 3), (1,)))
        self.assertIn("do not belong together", tensor((2,), (1,), -1))

    def test_storages_that_disagree(self):
        state = {"a": vector("1", [1.0])}
        self.assertIn("the list of storages differs", self.problem(pth(state, keys=[])))
        self.assertIn("the list of storages differs", self.problem(pth(state, keys=["1", "2"])))
        self.assertIn("not a list of distinct names", self.problem(pth(state, keys=["1", "1"])))
        shared = Storage("1", [1.0])
        both = {"a": Tensor(shared, (1,), (1,)), "b": Tensor(shared, (1,), (1,))}
        self.assertIn("shares its storage", self.problem(pth(both)))
        data = pth(state)
        self.assertIn("where 1 were announced", self.problem(data[:-12] + struct.pack("<q", 2) + data[-4:]))


if __name__ == "__main__":
    unittest.main()
