"""SHIP-1 and SHIP-2: what dist/yatagarasu is, and that it serves where nothing else is."""

import os
import pathlib
import re
import subprocess

import pytest
import scenes

BINARY = pathlib.Path(os.environ.get("YATAGARASU", "dist/yatagarasu")).resolve()
SYMBOLS = BINARY.with_name(BINARY.name + ".debug")
SIZE_LIMIT = 35_000_000


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, **options)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    scenes.make_certificates(folder)
    return folder


@pytest.fixture
def empty_root(tmp_path, folder):
    root = tmp_path / "root"
    root.mkdir()
    return scenes.furnish(root, BINARY, folder)


@pytest.fixture(scope="session")
def symbols():
    return {line.split()[-1] for line in run("nm", str(SYMBOLS)).stdout.splitlines() if line}


def assert_served(scene):
    assert scene["health"] == 200, scene
    assert scene["answers"] == [200] * 20, scene
    assert scene["ready"] == 200, scene
    assert scene["queries"] >= 1, scene
    assert scene["exit"] == 0, scene


def test_is_not_dynamic():
    assert "statically linked" in run("file", "--brief", str(BINARY)).stdout
    assert "not a dynamic executable" in run("ldd", str(BINARY)).stderr
    headers = run("readelf", "--program-headers", "--dynamic", "--wide", str(BINARY)).stdout
    assert "INTERP" not in headers and "NEEDED" not in headers


def test_is_stripped_and_small():
    assert run("nm", str(BINARY)).stdout == ""
    assert BINARY.stat().st_size < SIZE_LIMIT
    assert SYMBOLS.exists()


def test_holds_no_icu(symbols):
    assert len(symbols) > 1000, "the debug file must hold the symbols"
    assert not [name for name in symbols if re.match(r"(u(data|loc|col|cal|num|dat|norm)_|icu|_?Z?N?icu)", name)]
    assert not [name for name in symbols if "FoundationInternationalization" in name or "FoundationICU" in name]
    assert b"icudt" not in BINARY.read_bytes()


def test_allocator_is_jemalloc(symbols):
    assert "je_arena_init" in symbols and "_int_malloc" not in symbols
    outcome = run(str(BINARY), "--version", env={"MALLOC_CONF": "stats_print:true"})
    assert "Begin jemalloc statistics" in outcome.stderr
    allocated = re.search(r"^Allocated: (\d+)", outcome.stderr, re.MULTILINE)
    assert allocated and int(allocated[1]) > 0, "what the program allocates must be jemalloc's"


def test_carries_its_default_configuration():
    printed = run(str(BINARY), "--print-default-config")
    assert printed.returncode == 0 and "S3_BUCKET" in printed.stdout


def test_empty_root_resolves_names_and_trusts_its_bundle(empty_root, folder):
    scene = scenes.play(empty_root, folder)
    assert_served(scene)


def test_newer_debian_root_with_name_service_modules(tmp_path, folder):
    root = scenes.make_debian_root(tmp_path / "debian")
    assert list(root.glob("**/libnss_myhostname.so.2")), "the module that a static getaddrinfo would die of"
    assert_served(scenes.play(scenes.furnish(root, BINARY, folder), folder))


def test_makes_no_io_uring_call_while_serving(empty_root, folder):
    scene = scenes.play(empty_root, folder, trace=True)
    assert_served(scene)
    assert "io_uring" not in scene["calls"]
    assert re.search(r"\bepoll_p?wait2?\b", scene["calls"]) and "accept4" in scene["calls"], "strace must have seen it serve"
