# SPDX-License-Identifier: Apache-2.0
"""Modules that were made to be compiled for ever, or with all memory: the server starts without them, and soon."""

import time

import pytest

from harness import build
from harness.configuration import configuration, remap_plugin, scripted
from harness.scripted import Seen
from harness.server import remap_rule

pytestmark = pytest.mark.plugin_only

COMPILERS = ("wasmtime", "v8", "wasm2c")


def number(value):
    """LEB128."""
    encoded = b""
    while value > 0x7f:
        encoded += bytes([value & 0x7f | 0x80])
        value >>= 7
    return encoded + bytes([value])


def module(instructions):
    """A module of one function."""
    body = b"\0" + instructions + b"\x0b"
    content = b"\1" + number(len(body)) + body
    marker = b"\7\x1b\1\x17proxy_abi_version_0_2_1\0\0"
    return (b"\0asm\1\0\0\0" b"\1\4\1\x60\0\0" b"\3\2\1\0" b"\4\4\1\x70\0\1" + marker +
            b"\x0a" + number(len(content)) + content)


FOR_EVER = module(b"\3\x40" * 50000 + b"\x0b" * 50000)  # loops in each other
ALL_MEMORY = module(b"\x41\0\x11\0\0" * 200000)  # calls through a table


@pytest.fixture(scope="module")
def server(start_shared_server, origin):
    files = {"long.wasm": FOR_EVER, "large.wasm": ALL_MEMORY}
    for engine in COMPILERS:
        vm = {"runtime": f"ats.wasm.runtime.{engine}"}
        limits = {"compile": "500ms", "compile_memory": "128MiB"}
        files[f"{engine}-sound.yaml"] = scripted(f"{engine}-sound", vm=vm,
                                                 lines=[f"request: add request x-by {engine}-sound"])
        files[f"{engine}-long.yaml"] = configuration("/long.wasm", f"{engine}-long", fail_open=False, limits=limits,
                                                     vm=vm | {"code": {"local": {"filename": "long.wasm"}}})
        if build.sanitized():
            continue
        # Its time is long: it is memory that it runs out of.
        files[f"{engine}-large.yaml"] = configuration("/large.wasm", f"{engine}-large", fail_open=True,
                                                      limits=limits | {"compile": "60s"},
                                                      vm=vm | {"code": {"local": {"filename": "large.wasm"}}})
    names = [name.removesuffix(".yaml") for name in files if name.endswith(".yaml")]
    rules = [remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in names]
    begin = time.monotonic()
    server = start_shared_server(remap=rules, files=files)
    server.seconds_to_start = time.monotonic() - begin
    return server


@pytest.mark.parametrize("engine", COMPILERS)
def test_a_module_that_takes_too_long_is_given_up(server, engine):
    assert server.seconds_to_start < 60
    assert "long.wasm: compiling it took longer than limits.compile, 500 ms" in server.log()
    assert server.get("/", f"{engine}-long.test").status == 503


@pytest.mark.skipif(build.sanitized(), reason="a sanitizer's memory has no limit")
@pytest.mark.parametrize("engine", COMPILERS)
def test_a_module_that_takes_too_much_memory_is_given_up(server, engine):
    assert "most likely it needed more memory than limits.compile_memory, 128 MiB" in server.log()
    assert server.get("/", f"{engine}-large.test").status == 200


@pytest.mark.parametrize("engine", COMPILERS)
def test_the_others_run(server, engine):
    assert Seen(server.get("/", f"{engine}-sound.test")).headers.all("x-by") == [f"{engine}-sound"]
