# SPDX-License-Identifier: Apache-2.0
"""proxywasm check: what Traffic Server will say to a configuration file."""

import re
import shutil
import subprocess

import pytest


def configuration(filename, extra=""):
    return f"config:\n  name: tried\n{extra}  vm_config:\n    code:\n      local:\n        filename: {filename}\n"


def test_a_sound_file(proxywasm, write, module):
    file = write("wasm.yaml", configuration(module("examples/c/headers")))
    done = proxywasm("check", file)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{file}:2: plugin 'tried': OK: ")
    assert "ABI 0.2.1" in done.stdout


def test_quiet_says_nothing_of_what_is_well(proxywasm, write, module):
    done = proxywasm("check", "--quiet", write("wasm.yaml", configuration(module("examples/c/headers"))))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_relative_modules_are_beside_the_file(proxywasm, write, module, tmp_path):
    file = write("etc/wasm.yaml", configuration("headers.wasm"))
    shutil.copy(module("examples/c/headers"), tmp_path / "etc" / "headers.wasm")
    assert proxywasm("check", file).returncode == 0


def test_directory_names_where_relative_modules_are(proxywasm, write, module):
    file = write("etc/wasm.yaml", configuration("headers.wasm"))
    assert proxywasm("check", "--directory", module("examples/c/headers").parent, file).returncode == 0


def test_all_mistakes_of_a_file_at_once(proxywasm, write):
    file = write("wasm.yaml", "config:\n  nmae: x\n  fail_open: maybe\n")
    done = proxywasm("check", file)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"{file}:2:1: key 'config.vm_config.code.local.filename': is missing; name the wasm file there",
        f"{file}:2:3: key 'config.nmae': unknown key; did you mean 'name'?",
        f"{file}:3:14: key 'config.fail_open': 'maybe' is neither true nor false",
    ]


@pytest.mark.parametrize(("name", "word", "reason"), [
    ("traffic_server/missing_import", "link", "the module imports what this host does not provide:"),
    ("traffic_server/no_marker", "ABI", "the module marks no Proxy-Wasm ABI version"),
    ("traffic_server/wrong_signature", "ABI", "the module's 'proxy_on_"),
    ("conformance/truncated", "module", "ends beyond the file"),
])
def test_modules_that_cannot_be_loaded(proxywasm, write, module, name, word, reason):
    file = write("wasm.yaml", configuration(module(name)))
    done = proxywasm("check", file)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{file}:2: plugin 'tried': {word}: {module(name)}: ")
    assert reason in done.stderr


def test_a_start_that_fails_shows_the_log_before_it(proxywasm, write, module):
    extra = "  configuration: |\n    configure:\n      proxy_log(INFO, \"cannot work like this\") -> OK\n      return 0\n"
    file = write("wasm.yaml", configuration(module("conformance/caller"), extra))
    done = proxywasm("check", file)
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert told[0] == "  [info] cannot work like this"
    assert told[-1].startswith(f"{file}:2: plugin 'tried': start: ")
    assert told[-1].endswith("(see its log lines)")


def test_an_unknown_engine_of_a_file(proxywasm, write, module):
    file = write("wasm.yaml", configuration(module("examples/c/headers")) + "    runtime: steam\n")
    done = proxywasm("check", file)
    assert done.returncode == 1
    assert f"{file}:7:14: key 'config.vm_config.runtime': 'steam' is no engine of this version" in done.stderr


@pytest.mark.parametrize("runtime", [prefix + name for name in ("wasmtime", "wamr", "v8", "wasmedge", "wasm2c")
                                     for prefix in ("", "ats.wasm.runtime.")])
def test_a_file_names_its_engine(proxywasm, write, module, runtime):
    text = configuration(module("examples/c/headers")) + f"    runtime: {runtime}\n"
    assert proxywasm("check", write("wasm.yaml", text)).returncode == 0
    folder = write(f"engines/proxywasm_engine_{runtime.split('.')[-1]}.so", "no object").parent
    done = proxywasm("check", write("wasm.yaml", text), environment={"PROXYWASM_ENGINE_PATH": str(folder)})
    assert done.returncode == 1
    assert f"engine '{runtime.split('.')[-1]}'" in done.stderr


def test_a_module_that_needs_what_its_engine_lacks(proxywasm, write, tmp_path):
    text = write("simd.wat", '''(module (func (export "proxy_abi_version_0_2_1")) (memory (export "memory") 1)
        (func (export "malloc") (param i32) (result i32)
          (i32x4.extract_lane 0 (i32x4.splat (local.get 0)))))''')
    subprocess.run(["wat2wasm", text, "-o", tmp_path / "simd.wasm"], check=True)
    file = write("wasm.yaml", configuration("simd.wasm"))
    assert proxywasm("check", "--engine", "wasmtime", file).returncode == 0
    for engine in ("wamr", "wasmedge", "wasm2c"):
        done = proxywasm("check", "--engine", engine, file)
        assert done.returncode == 1
        assert "it needs SIMD, which this engine lacks" in done.stderr


def test_an_unknown_capability(proxywasm, write, module):
    extra = "  capability_restriction_config: {allowed_capabilities: [proxy_lgo]}\n"
    done = proxywasm("check", write("wasm.yaml", configuration(module("examples/c/headers"), extra)))
    assert done.returncode == 1
    assert "allowed_capabilities[1]': 'proxy_lgo' is no function of the ABI" in done.stderr


def test_capabilities_that_every_module_has(proxywasm, write, module):
    names = ("proxy_on_memory_allocate, malloc, _initialize, _start, main, proxy_abi_version_0_2_1, proxy_log, "
             "proxy_define_metric, proxy_get_log_level, proxy_on_configure, proxy_on_context_create")
    extra = f"  capability_restriction_config: {{allowed_capabilities: [{names}]}}\n"
    done = proxywasm("check", write("wasm.yaml", configuration(module("examples/c/headers"), extra)))
    assert (done.returncode, done.stderr) == (0, "")


def test_several_files_are_all_looked_at(proxywasm, write, module):
    good = write("good.yaml", configuration(module("examples/c/headers")))
    bad = write("bad.yaml", "config: []\n")
    done = proxywasm("check", bad, good, "nowhere.yaml")
    assert done.returncode == 1
    assert f"{good}:2: plugin 'tried': OK" in done.stdout
    assert f"{bad}:1:9: key 'config': a mapping is expected, not a list" in done.stderr
    assert "nowhere.yaml: cannot be opened" in done.stderr


def test_plugins_of_one_file_are_all_looked_at(proxywasm, write, module):
    file = write("wasm.yaml", "plugins:\n" + "".join(
        f"- name: {name}\n  vm_config: {{code: {{local: {{filename: {module(path)}}}}}}}\n"
        for name, path in [("a", "examples/c/headers"), ("b", "traffic_server/no_marker"), ("c", "examples/c/token")]))
    done = proxywasm("check", file)
    assert done.returncode == 1
    assert "plugin 'a': OK" in done.stdout
    assert "plugin 'b': ABI" in done.stderr
    assert "plugin 'c'" in done.stdout + done.stderr


def test_a_memory_that_begins_too_large_names_the_key(proxywasm, write, module):
    extra = "  limits: {memory: 64KiB}\n"
    done = proxywasm("check", write("wasm.yaml", configuration(module("examples/c/headers"), extra)))
    assert done.returncode == 1
    assert re.search(r"the module begins with \d+KiB of memory, and limits.memory is 64KiB", done.stderr)


CALLING = """(module
  (import "env" "proxy_http_call" (func $call (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 100) "auth")
  (data (i32.const 200) "\\03\\00\\00\\00\\07\\00\\00\\00\\03\\00\\00\\00\\05\\00\\00\\00\\01\\00\\00\\00\\0a\\00\\00\\00"
                        "\\0e\\00\\00\\00:method\\00GET\\00:path\\00/\\00:authority\\00127.0.0.1:8081\\00")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (i32.eqz (call $call (i32.const 100) (i32.const 4) (i32.const 200) (i32.const 74)
                         (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 1000) (i32.const 500)))))"""


@pytest.mark.parametrize("keys, permitted", [
    ("  upstreams: {auth: {host: 127.0.0.1, port: 8081}}\n", True),
    ("  upstreams: {other: {host: 127.0.0.1, port: 8081}}\n", False),
    ("  allowed_authorities: ['127.0.0.1:8081']\n", True),
    ("  allowed_authorities: ['127.0.0.1:8082']\n", False),
    ("", True)])
def test_a_start_that_calls_is_judged_by_whom_the_configuration_lets_it_call(proxywasm, write, keys, permitted):
    text = write("calling.wat", CALLING)
    subprocess.run(["wat2wasm", text, "-o", text.with_suffix(".wasm")], check=True)
    file = write("wasm.yaml", configuration(text.with_suffix(".wasm"), keys))
    done = proxywasm("check", file)
    assert done.returncode == (0 if permitted else 1), done.stdout + done.stderr
    answer = write("yes.http", "HTTP/1.1 200 OK\n\nyes")
    done = proxywasm("run", "--quiet", "--config", file, "--http-answer", f"auth={answer}", "--json")
    assert ("proxy_on_configure answered false" in done.stdout + done.stderr) != permitted
