"""Tests that each structure check accepts a sound tree and reports a broken one."""

import os
import pathlib
import tempfile
import unittest

import clang_format
import file_length
import include_guards
import includes
import layout
import self_contained

HEADER = """#ifndef AVOCET_ENGINE_BASE_SHAPE_H_
#define AVOCET_ENGINE_BASE_SHAPE_H_

#include <vector>

using Shape = std::vector<int>;

#endif  // AVOCET_ENGINE_BASE_SHAPE_H_
"""

SOUND = {
    ".clang-format": "BasedOnStyle: Google\n",
    "CMakeLists.txt": "", "CMakePresets.json": "", "docker-compose.yml": "", "LICENSE": "",
    "README.md": "", "build/onednn/include/dnnl.hpp": "not ours", "deploy/Dockerfile": "",
    "engine/README.md": "`base`: shapes. `graph/`: operators. engine/onednn/: lowering.\n",
    "engine/base/shape.h": HEADER,
    "engine/graph/graph.cc": '#include "absl/strings/str_cat.h"\n#include "engine/base/shape.h"\n',
    "engine/onednn/lower.cc": '#include "dnnl.hpp"\n',
    "proto/classifier.proto": "",
    "server/main.cc": '#include <grpcpp/server.h>\n\n#include "proto/classifier.grpc.pb.h"\n',
    "client/main.cc": '#include "proto/classifier.pb.h"\n',
    "tests/onednn/lower_test.cc": '#include "dnnl.hpp"\n',
}


class CheckTest(unittest.TestCase):

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for path, text in SOUND.items():
            self.write(path, text)

    def write(self, path, text):
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text, encoding="utf-8")

    def assert_reports(self, check, *expected):
        """`check` reports exactly as many violations as `expected` has substrings, in that order."""
        violations = check(self.root)
        self.assertEqual(len(violations), len(expected), violations)
        for violation, part in zip(violations, expected):
            self.assertIn(part, violation)


class Includes(CheckTest):

    def test_accepts_a_sound_tree(self):
        self.assert_reports(includes.check)

    def test_reports_a_library_outside_its_home(self):
        self.write("engine/graph/a.cc", '#include "dnnl.hpp"\n')
        self.write("engine/graph/b.cc", "#include <opencv2/core.hpp>\n")
        self.write("engine/graph/c.cc", "#  include <grpcpp/grpcpp.h>\n")
        self.write("engine/graph/d.cc", "#include <prometheus/counter.h>\n")
        self.write("engine/image/e.cc", "#include <oneapi/dnnl/dnnl.hpp>\n")
        self.assert_reports(includes.check, "a.cc:1: oneDNN", "b.cc:1: OpenCV", "c.cc:1: gRPC",
                            "d.cc:1: prometheus-cpp", "e.cc:1: oneDNN")

    def test_reports_an_upward_include(self):
        self.write("engine/base/check.cc", '#include "engine/graph/graph.h"\n')
        self.write("engine/graph/graph.h", "")
        self.assert_reports(includes.check, "engine/base may not include engine/graph")

    def test_reports_a_server_header_in_the_client(self):
        self.write("server/options.h", "")
        self.write("client/main.cc", '#include "server/options.h"\n')
        self.assert_reports(includes.check, "client may not include server")

    def test_reports_a_folder_without_a_layer(self):
        self.write("engine/other/a.cc", '#include "engine/base/shape.h"\n')
        self.assert_reports(includes.check, "engine/other has no place in the layers")

    def test_reports_paths_that_do_not_start_at_the_top(self):
        self.write("engine/graph/a.cc", '#include "graph.h"\n#include "engine/graph/gone.h"\n')
        self.assert_reports(includes.check, '"graph.h"', '"engine/graph/gone.h"')


class FileLength(CheckTest):

    def test_accepts_the_longest_allowed_file(self):
        self.write("engine/base/long.cc", "\n" * file_length.MAX_LINES)
        self.assert_reports(file_length.check)

    def test_reports_one_line_more_in_each_language(self):
        names = ["a.cc", "b.h", "c.proto", "d.py", "e.sh", "f.cmake"]
        for name in names:
            self.write(f"engine/base/{name}", "\n" * (file_length.MAX_LINES + 1))
        self.assert_reports(file_length.check, *names)


class Layout(CheckTest):

    def test_accepts_a_sound_tree(self):
        self.assert_reports(layout.check)

    def test_reports_a_stranger_at_the_top(self):
        self.write("scripts/run.py", "")
        self.assert_reports(layout.check, "scripts: has no place")

    def test_reports_what_is_missing_at_the_top(self):
        (self.root / "LICENSE").unlink()
        self.assert_reports(layout.check, "LICENSE: is missing")

    def test_reports_an_unexplained_folder(self):
        self.write("engine/passes/fold.cc", "")
        self.assert_reports(layout.check, "engine/passes: neither")

    def test_accepts_a_folder_with_its_own_readme(self):
        self.write("engine/passes/fold.cc", "")
        self.write("engine/passes/README.md", "")
        self.assert_reports(layout.check)

    def test_reports_an_empty_name(self):
        self.write("engine/base/utils.h", "")
        self.assert_reports(layout.check, "engine/base/utils.h")


class IncludeGuards(CheckTest):

    def test_accepts_a_sound_tree(self):
        self.assert_reports(include_guards.check)

    def test_reports_wrong_missing_and_late_guards(self):
        self.write("engine/base/a.h", HEADER)
        self.write("engine/base/b.h", "")
        self.write("engine/base/c.h", "#include <vector>\n" + HEADER.replace("SHAPE", "C"))
        self.assert_reports(include_guards.check, "a.h", "b.h", "c.h")


class SelfContained(CheckTest):

    def check(self, root, proven=frozenset()):
        compiler = [os.environ.get("CXX") or "c++"]
        return self_contained.check(root, compiler, ["-std=c++20", "-I", str(root)], proven)

    def test_accepts_a_sound_tree(self):
        self.assert_reports(self.check)

    def test_reports_a_header_that_needs_another_before_it(self):
        self.write("engine/base/shape.h", HEADER.replace("#include <vector>", ""))
        self.assert_reports(self.check, "engine/base/shape.h: does not compile alone")

    def test_leaves_headers_that_a_source_file_includes_first_to_the_build(self):
        self.write("engine/base/shape.h", HEADER.replace("#include <vector>", ""))
        self.write("engine/base/shape.cc", '// Shapes.\n#include "engine/base/shape.h"\n\n#include <vector>\n')
        self.write("build/compile_commands.json", f"""[{{"directory": "{self.root}", "file": "engine/base/shape.cc"}}]""")
        proven = self_contained.included_first(self.root / "build")
        self.assertEqual(proven, {"engine/base/shape.h"})
        self.assert_reports(lambda root: self.check(root, proven))

    def test_reads_the_flags_of_a_build_tree(self):
        self.write("build/compile_commands.json", """[{"directory": "/", "file": "a.cc",
            "command": "/usr/bin/c++ -DA=1 -DAVOCET_COMMIT=x -I/x -isystem /y -O1 -std=c++20 -c a.cc"}]""")
        self.assertEqual(self_contained.compiler_and_flags(self.root / "build"),
                         ("/usr/bin/c++", ["-DA=1", "-I/x", "-isystem", "/y", "-std=c++20"]))


@unittest.skipUnless(clang_format.find_clang_format(), "the check is skipped with this clang-format")
class Format(CheckTest):

    def test_accepts_a_sound_tree(self):
        self.assert_reports(clang_format.check)

    def test_reports_the_line_that_differs(self):
        self.write("engine/base/bad.cc", "int a;\nint  b;\n")
        self.assert_reports(clang_format.check, "engine/base/bad.cc:2")


if __name__ == "__main__":
    unittest.main()
