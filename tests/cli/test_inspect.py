# SPDX-License-Identifier: Apache-2.0
"""proxywasm inspect: what a module says of itself, and whether it links."""

import json

import pytest


def test_a_module_that_links(proxywasm, module):
    done = proxywasm("inspect", module("examples/c/headers"))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("\nlinks\n")
    assert "ABI         0.2.1" in done.stdout
    assert "  ok     env.proxy_log (i32, i32, i32) -> i32: ABI 0.1.0, 0.2.0, 0.2.1" in done.stdout
    assert "proxy_on_request_headers (i32, i32, i32) -> i32: callback" in done.stdout


def test_missing_imports_are_named_with_the_reason(proxywasm, module):
    done = proxywasm("inspect", module("traffic_server/missing_import"))
    assert done.returncode == 1
    assert "MISSING env.proxy_from_the_future (i32) -> i32: not provided: no ABI version has it" in done.stdout
    assert "does not link: the module imports what this host does not provide:" in done.stdout


def test_a_callback_of_another_signature(proxywasm, module):
    done = proxywasm("inspect", module("traffic_server/wrong_signature"))
    assert done.returncode == 1
    assert "does not link: the module's 'proxy_on_" in done.stdout


def test_no_abi_version(proxywasm, module):
    done = proxywasm("inspect", module("traffic_server/no_marker"))
    assert done.returncode == 1
    assert "ABI         no version marked" in done.stdout
    assert "does not link: the module marks no Proxy-Wasm ABI version" in done.stdout


def test_it_works_without_an_engine(proxywasm, module, write):
    folder = write("engines/proxywasm_engine_wasmtime.so", "no object").parent
    done = proxywasm("inspect", module("examples/c/headers"), environment={"PROXYWASM_ENGINE_PATH": str(folder)})
    assert done.returncode == 0


@pytest.mark.parametrize("name", ["examples/c/headers", "examples/rust/headers", "examples/go/headers",
                                  "examples/cpp/headers", "examples/assemblyscript/headers"])
def test_modules_of_all_toolchains_link(proxywasm, module, name):
    report = json.loads(proxywasm("inspect", "--json", module(name)).stdout)
    assert report["links"] is True
    assert report["problems"] == []
    assert report["abi"].startswith("0.")
    assert report["allocator"] in ("proxy_on_memory_allocate", "malloc")
    assert all(entry["provided"] for entry in report["imports"])
    roles = {entry["role"] for entry in report["exports"]}
    assert {"callback", "ABI version", "memory"} <= roles


def test_json_of_a_module_that_does_not_link(proxywasm, module):
    done = proxywasm("inspect", "--json", module("traffic_server/missing_import"))
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert report["links"] is False
    assert len(report["problems"]) == 1
    assert [entry["name"] for entry in report["imports"] if not entry["provided"]] == ["proxy_from_the_future"]


@pytest.mark.parametrize("content", [b"", b"<html>", b"\0asm\1\0\0\0\xff\xff\xff\xff"])
def test_what_is_no_module_is_refused(proxywasm, write, content):
    done = proxywasm("inspect", write("broken.wasm", content))
    assert done.returncode == 1
    assert done.stdout == ""
    assert "broken.wasm" in done.stderr


def test_a_file_that_is_not_there(proxywasm):
    done = proxywasm("inspect", "nowhere.wasm")
    assert done.returncode == 1
    assert done.stderr == "proxywasm inspect: file: nowhere.wasm: cannot be opened: No such file or directory\n"


def named(text):
    """A name in a module: its size, and what it is."""
    raw = text.encode()
    return bytes([len(raw)]) + raw


def section(number, content):
    return bytes([number, len(content)]) + content


FORGED = "x\n\nlinks\x1b[8m"
SHOWN = "x\\n\\nlinks\\x1b[8m"


@pytest.fixture
def forger(write):
    """A module with an import and an export whose names look like more lines of output."""
    types = section(1, b"\x01\x60\x00\x00")
    imports = section(2, b"\x01" + named(FORGED) + named(FORGED) + b"\x00\x00")
    memory = section(5, b"\x01\x00\x01")
    exports = section(7, b"\x03" + named("memory") + b"\x02\x00" + named("proxy_abi_version_0_2_1") + b"\x00\x00"
                      + named(FORGED) + b"\x00\x00")
    return write("forger.wasm", b"\0asm\x01\0\0\0" + types + imports + memory + exports)


def test_names_of_a_module_cannot_forge_lines(proxywasm, forger):
    done = proxywasm("inspect", forger)
    assert done.returncode == 1
    assert "links" not in done.stdout.splitlines() and "\x1b" not in done.stdout
    assert f"  MISSING {SHOWN}.{SHOWN} (): not provided" in done.stdout
    assert f"\n  {SHOWN} ()\n" in done.stdout
    assert f"\n  function {SHOWN}.{SHOWN} (): no ABI version has it\n" in done.stdout


def test_names_of_a_module_cannot_forge_messages(proxywasm, forger):
    done = proxywasm("run", forger)
    assert f"\n  function {SHOWN}.{SHOWN} (): no ABI version has it\n" in done.stdout
    assert "\x1b" not in done.stderr + done.stdout
