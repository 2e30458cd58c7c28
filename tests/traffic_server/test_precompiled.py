# SPDX-License-Identifier: Apache-2.0
"""Precompiled code in a real server: used where it is allowed and fits, refused with a message elsewhere, and the filter
runs in any case."""

import subprocess

import pytest

from harness import build
from harness.configuration import remap_plugin, scripted
from harness.scripted import Seen
from harness.server import remap_rule

COMPILERS = ("wasmtime", "v8", "wasm2c")


def plugin(file, name, engine, allow=True, **keys):
    vm = {"runtime": f"ats.wasm.runtime.{engine}", "code": {"local": {"filename": file}}}
    if allow is not None:
        vm["allow_precompiled"] = allow
    return scripted(name, lines=[f"request: add request x-by {name}"], vm=vm, **keys)


def compiled(folder, stack):
    """The scripted module with code for each compiler; and where the code of each one ends."""
    ends = []
    source, file = build.module("traffic_server/scripted"), folder / f"{stack}.wasm"
    for engine in COMPILERS:
        subprocess.run([build.artifact("proxywasm"), "compile", "--engine", engine, "--stack", stack, source, "-o", file],
                       check=True, capture_output=True, timeout=120)
        source = file
        ends.append(file.stat().st_size)
    return bytearray(file.read_bytes()), ends


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """As it is to be; and for other settings (code in use serves all plugins that have the same), with a byte changed in
    each engine's code."""
    folder = tmp_path_factory.mktemp("modules")
    (good, _), (spoilt, ends) = compiled(folder, "512KiB"), compiled(folder, "300KiB")
    for end in ends:
        spoilt[end - 1] ^= 1
    return {"good.wasm": bytes(good), "spoilt.wasm": bytes(spoilt)}


@pytest.fixture(scope="module")
def server(start_shared_server, origin, modules):
    files = dict(modules)
    for engine in (*COMPILERS, "wamr"):
        files |= {f"{engine}-good.yaml": plugin("good.wasm", f"{engine}-good", engine),
                  f"{engine}-spoilt.yaml": plugin("spoilt.wasm", f"{engine}-spoilt", engine, limits={"stack": "300KiB"}),
                  f"{engine}-other.yaml": plugin("good.wasm", f"{engine}-other", engine, limits={"stack": "256KiB"}),
                  f"{engine}-forbidden.yaml": plugin("good.wasm", f"{engine}-forbidden", engine, allow=False),
                  f"{engine}-unasked.yaml": plugin("good.wasm", f"{engine}-unasked", engine, allow=None)}
    names = [name.removesuffix(".yaml") for name in files if name.endswith(".yaml")]
    rules = [remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in names]
    server = start_shared_server(remap=rules, files=files)
    server.names = names
    return server


def said_of(server, name):
    """What the log says of a plugin's compiled code."""
    return [line.split("compiled code: ", 1)[1] for line in server.log().splitlines()
            if f"{name}: compiled code: " in line]


def test_every_filter_runs(server):
    for name in server.names:
        assert Seen(server.get("/", f"{name}.test")).headers.all("x-by") == [name]


@pytest.mark.parametrize("engine", COMPILERS)
def test_code_that_fits_is_used(server, engine):
    said = said_of(server, f"{engine}-good")
    assert said and all("the precompiled code of the module is used" in line for line in said)


@pytest.mark.parametrize("engine", COMPILERS)
@pytest.mark.parametrize("kind, reason", [("spoilt", "its content was changed"),
                                          ("other", "it is for a stack (limits.stack) of 524288 bytes, not of 262144")])
def test_code_that_does_not_fit_is_refused(server, engine, kind, reason):
    said = said_of(server, f"{engine}-{kind}")
    assert said and "precompiled code not used, compiling anew: " + reason in said[0]
    assert f"'proxywasm compile --engine {engine} --stack " in said[0]


@pytest.mark.parametrize("engine", COMPILERS)
@pytest.mark.parametrize("kind", ["forbidden", "unasked"])
def test_code_is_not_used_unless_it_is_allowed(server, engine, kind):
    said = said_of(server, f"{engine}-{kind}")
    assert said and "the precompiled code of the module is not used: vm_config.allow_precompiled is not true" in said[0]
