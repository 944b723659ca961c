#!/usr/bin/env python3
"""Runs the example in one other language against a real server: the coffee photograph must come out as espresso.

    languages.py LANGUAGE --server AVOCET_SERVER [--models DIR]
    languages.py LANGUAGE --address HOST:PORT

LANGUAGE: python, go, grpcurl, node or java. What it installs, in the versions that the examples pin, is kept in
build/languages, so that a second run is quick.
"""
import argparse
import base64
import contextlib
import fcntl
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = TOP / "client" / "examples"
CACHE = TOP / "build" / "languages"
PHOTO = TOP / "tests" / "data" / "photos" / "coffee.jpg"
GRPCURL = "v1.9.3"
GO_MINIMUM = (1, 24)  # of the modules that examples/go/go.mod pins


def fail(message):
    sys.exit(f"languages: {message}")


def need(tool, package):
    if shutil.which(tool) is None:
        fail(f"{tool} is not installed (Debian package {package})")


def run(command, **options):
    """Runs a step quietly; its output is shown when it fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False, **options)
    if done.returncode != 0:
        fail(f"{' '.join(str(word) for word in command)}\n{done.stdout}\nexit status {done.returncode}")
    return done.stdout


@contextlib.contextmanager
def installed(name, versions, install):
    """The folder `name` of the cache, made by install(folder) unless it holds `versions` already. Locked meanwhile."""
    folder = CACHE / name
    stamp = folder / "installed"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.exists() or stamp.read_text(encoding="utf-8") != versions:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            stamp.write_text(versions, encoding="utf-8")
        yield folder


def call_python(address):
    requirements = EXAMPLES / "python" / "requirements.txt"

    def install(folder):
        try:
            import ensurepip  # noqa: F401, pylint: disable=unused-import,import-outside-toplevel
        except ImportError:
            fail("python3 cannot make virtual environments (Debian package python3-venv)")
        run([sys.executable, "-m", "venv", folder / "venv"])
        run([folder / "venv/bin/pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements])

    versions = f"{sys.version} {requirements.read_text(encoding='utf-8')}"
    with installed("python", versions, install) as folder:
        stubs = folder / "stubs"
        stubs.mkdir(exist_ok=True)
        run([folder / "venv/bin/python", "-m", "grpc_tools.protoc", "-I", TOP, f"--python_out={stubs}",
             f"--grpc_python_out={stubs}", "proto/classifier.proto"], cwd=TOP)
        return run([folder / "venv/bin/python", EXAMPLES / "python/classify.py", PHOTO, address],
                   env=os.environ | {"PYTHONPATH": str(stubs)})


def need_go():
    need("go", "golang-go")
    found = re.search(r"go(\d+)\.(\d+)", run(["go", "version"]))
    if found is None or tuple(map(int, found.groups())) < GO_MINIMUM:
        fail(f"Go {'.'.join(map(str, GO_MINIMUM))} or newer is needed (Debian package golang-go), found "
             f"{found.group(0) if found else 'an unknown version'}")


def call_go(address):
    need_go()
    need("protoc", "protobuf-compiler")
    # A copy, so that generated files stay out of the source tree. Go keeps modules and objects in caches of its own.
    with installed("go", "", lambda folder: None) as folder:
        for name in ("go.mod", "go.sum", "main.go"):
            shutil.copy(EXAMPLES / "go" / name, folder / name)
        run([EXAMPLES / "go/generate.sh", folder])
        run(["go", "build", "-o", folder / "classify", "."], cwd=folder)
        return run([folder / "classify", PHOTO, address])


def call_grpcurl(address):
    need_go()

    def install(folder):
        run(["go", "install", f"github.com/fullstorydev/grpcurl/cmd/grpcurl@{GRPCURL}"],
            env=os.environ | {"GOBIN": str(folder)})

    request = json.dumps({"images": [base64.b64encode(PHOTO.read_bytes()).decode()], "top_k": 5})
    with installed("grpcurl", GRPCURL, install) as folder:
        # No proto file: the server describes itself through reflection.
        answer = run([folder / "grpcurl", "-plaintext", "-d", "@", address, "avocet.v1.Classifier/Classify"],
                     input=request)
    classes = json.loads(answer)["results"][0]["classification"]["classes"]
    return "".join(f"{score['label']}\t{100 * score['probability']:.2f}\n" for score in classes)


def call_node(address):
    need("node", "nodejs")
    need("npm", "npm")
    package = EXAMPLES / "node" / "package.json"

    def install(folder):
        shutil.copy(package, folder)
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder)

    with installed("node", package.read_text(encoding="utf-8"), install) as folder:
        return run(["node", EXAMPLES / "node/classify.js", PHOTO, address],
                   env=os.environ | {"NODE_PATH": str(folder / "node_modules")})


def call_java(address):
    need("javac", "default-jdk")
    need("mvn", "maven")
    pom = EXAMPLES / "java" / "pom.xml"
    with installed("java", pom.read_text(encoding="utf-8"), lambda folder: None) as folder:
        maven = ["mvn", "-q", "-B", "-f", pom, f"-Dmaven.repo.local={folder}/repository"]
        run(maven + ["compile"])
        answer = run(maven + ["exec:java", f"-Dexec.args={PHOTO} {address}"])
        return re.sub(r"\x1b\[[0-9;]*m", "", answer)  # Maven resets colours even where it sets none


@contextlib.contextmanager
def serving(server, models):
    """Starts the server on a free port and yields its address."""
    if not any(models.glob("*/*/model.safetensors")):
        fail(f"no model in {models}: run deploy/fetch-models.sh lite0")
    model = next(models.glob("*lite0/*/model.safetensors"), None) or next(models.glob("*/*/model.safetensors"))
    CACHE.mkdir(parents=True, exist_ok=True)
    # One model is enough, and starts sooner than all.
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="server-", dir=CACHE))
    (scratch / "models").mkdir()
    (scratch / "models" / model.parents[1].name).symlink_to(model.parents[1].resolve())
    log_path = scratch / "log"
    with open(log_path, "w", encoding="utf-8") as log:
        process = subprocess.Popen([server, "--models", scratch / "models", "--port", "0", "--no-metrics"],
                                   stderr=log, stdin=subprocess.DEVNULL)
    try:
        started = time.monotonic()
        while True:
            log = log_path.read_text(encoding="utf-8")
            if found := re.search(r"serving .* on port (\d+)", log):
                break
            if process.poll() is not None:
                fail(f"{server} ended with status {process.returncode}:\n{log}")
            if time.monotonic() - started > 300:
                fail(f"{server} does not serve after 300 s:\n{log}")
            time.sleep(0.1)
        yield f"localhost:{found.group(1)}"
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(scratch)


CALLS = {"python": call_python, "go": call_go, "grpcurl": call_grpcurl, "node": call_node, "java": call_java}


def check(language, address):
    """The example's lines are LABEL, a tab, PERCENT, most probable first."""
    output = CALLS[language](address)
    print(output, end="")
    lines = [line.split("\t") for line in output.splitlines()]
    if len(lines) != 5 or lines[0][0] != "espresso" or not float(lines[0][1]) > 50:
        fail(f"{language}: expected five classes, espresso first with more than 50 %")
    print(f"languages: {language}: passed")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("language", choices=CALLS)
    parser.add_argument("--server", type=pathlib.Path, help="the program to start")
    parser.add_argument("--models", type=pathlib.Path, default=TOP / "build" / "models", help="its models")
    parser.add_argument("--address", help="a server that is running, instead")
    flags = parser.parse_args()
    if flags.address:
        check(flags.language, flags.address)
    elif flags.server and flags.server.is_file():
        with serving(flags.server, flags.models) as address:
            check(flags.language, address)
    else:
        parser.error(f"expected --address or a program in --server, found {flags.server}")


if __name__ == "__main__":
    main()
