# SPDX-License-Identifier: Apache-2.0
"""proxywasm compile: compiled code in a module's file, what inspect says of it, and when it is used."""

import json
import os
import stat

import pytest

COMPILERS = ("wasmtime", "v8", "wasm2c")
ALLOWS = """\
config:
  vm_config: {allow_precompiled: true, code: {local: {filename: headers.precompiled.wasm}}}
"""


@pytest.fixture
def copy(module, write):
    """A module's copy in the test's directory."""
    return lambda name, to: write(to, module(name).read_bytes())


def check(proxywasm, write, file, allow="true", engine="wasmtime", extra=""):
    """What `proxywasm check` says of a plugin that has this file."""
    text = (f"config: {{name: it, vm_config: {{runtime: {engine}, allow_precompiled: {allow}, "
            f"code: {{local: {{filename: {file}}}}}}}{extra}}}\n")
    done = proxywasm("check", write("check.yaml", text), environment={"PROXYWASM_CACHE": ""})
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("engine", COMPILERS)
def test_the_output_is_a_module_whose_code_is_used(proxywasm, copy, write, tmp_path, engine):
    plain = copy("examples/c/headers", "headers.wasm")
    done = proxywasm("compile", "--engine", engine, plain)
    assert (done.returncode, done.stderr) == (0, "")
    output = tmp_path / "headers.precompiled.wasm"
    assert done.stdout.startswith(f"{output}: ") and f"bytes of code for {engine} " in done.stdout
    assert output.read_bytes().startswith(plain.read_bytes())
    assert stat.S_IMODE(output.stat().st_mode) == stat.S_IMODE(plain.stat().st_mode)
    assert check(proxywasm, write, output, engine=engine) == ""
    shown = proxywasm("run", "--engine", engine, "--config", write("allows.yaml", ALLOWS)).stdout
    assert "compiled code: the precompiled code of the module is used" in shown
    assert "compiled code: the precompiled code of the module is not used: vm_config.allow_precompiled is not true" in (
        proxywasm("run", "--engine", engine, output).stdout)


def test_the_same_command_writes_a_file_of_the_same_kind_anywhere(proxywasm, copy, tmp_path):
    plain = copy("examples/c/headers", "module")
    assert proxywasm("compile", plain, "-o", "other/there.wasm").returncode == 1
    assert proxywasm("compile", plain, "-o", "there.wasm").returncode == 0
    assert proxywasm("compile", plain).returncode == 0
    assert (tmp_path / "module.precompiled.wasm").stat().st_size == (tmp_path / "there.wasm").stat().st_size
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == [
        "module", "module.precompiled.wasm", "there.wasm"]


def test_a_file_gathers_code_for_engines_and_settings(proxywasm, copy, write, tmp_path):
    copy("examples/c/headers", "headers.wasm")
    assert proxywasm("compile", "-e", "v8", "headers.wasm", "-o", "all.wasm").returncode == 0
    assert proxywasm("compile", "-e", "wasmtime", "all.wasm", "-o", "all.wasm").returncode == 0
    assert proxywasm("compile", "-s", "256KiB", "-p", "all.wasm", "-o", "all.wasm").returncode == 0
    assert proxywasm("compile", "-e", "wasm2c", "all.wasm", "-o", "all.wasm").returncode == 0
    size = (tmp_path / "all.wasm").stat().st_size
    assert proxywasm("compile", "-e", "v8", "all.wasm", "-o", "all.wasm").returncode == 0
    assert abs((tmp_path / "all.wasm").stat().st_size - size) < 1000
    report = json.loads(proxywasm("inspect", "--json", "all.wasm").stdout)["precompiled"]
    assert [(code["engine"], code["stack"], code["profile"], code["problem"]) for code in report] == [
        ("wasmtime", 512 << 10, False, None), ("wasmtime", 256 << 10, True, None), ("wasm2c", 512 << 10, False, None),
        ("v8", 512 << 10, False, None)]
    assert all(code["architecture"] and code["version"] and code["size"] > 1000 for code in report)
    for engine in COMPILERS:
        assert check(proxywasm, write, tmp_path / "all.wasm", engine=engine) == ""
    assert check(proxywasm, write, tmp_path / "all.wasm", extra=", profile: true, limits: {stack: 256KiB}") == ""


def test_portable_code_runs_here_too(proxywasm, copy, write, tmp_path):
    plain = copy("examples/c/headers", "headers.wasm")
    done = proxywasm("compile", "--portable", plain)
    assert done.returncode == 0 and done.stdout.endswith(", portable\n")
    assert check(proxywasm, write, tmp_path / "headers.precompiled.wasm") == ""
    done = proxywasm("compile", "--portable", "--engine", "v8", plain)
    assert done.returncode == 2
    assert done.stderr.startswith("proxywasm compile: --portable: engine 'v8': it compiles for the processor that it "
                                  "runs on, and no other\n")


def test_inspect_tells_intact_code_from_other(proxywasm, copy, write, tmp_path):
    plain = copy("examples/c/headers", "headers.wasm")
    assert proxywasm("inspect", plain).stdout.count("precompiled") == 0
    proxywasm("compile", plain)
    good = (tmp_path / "headers.precompiled.wasm").read_bytes()
    done = proxywasm("inspect", "headers.precompiled.wasm")
    assert done.returncode == 0
    assert "precompiled for wasmtime 48." in done.stdout and "stack 512 KiB; " in done.stdout
    assert " bytes: intact\n" in done.stdout
    broken = write("broken.wasm", good[:-1] + bytes([good[-1] ^ 1]))
    assert " bytes: its content was changed\n" in proxywasm("inspect", broken).stdout
    moved = write("moved.wasm", plain.read_bytes() + b"\0\2\1x" + good[plain.stat().st_size:])
    assert " bytes: it was compiled from another module, or the module was changed since\n" in proxywasm(
        "inspect", moved).stdout


def test_code_that_does_not_fit_is_refused_with_what_to_do(proxywasm, copy, write, tmp_path):
    plain = copy("examples/c/headers", "headers.wasm")
    proxywasm("compile", plain)
    file = tmp_path / "headers.precompiled.wasm"
    refused = "[warn] compiled code: precompiled code not used, compiling anew: "
    said = check(proxywasm, write, file, extra=", limits: {stack: 64KiB}")
    assert refused + "it is for a stack (limits.stack) of 524288 bytes, not of 65536" in said
    assert "'proxywasm compile --engine wasmtime --stack 65536'" in said
    said = check(proxywasm, write, file, engine="v8")
    assert refused + "it is for wasmtime 48." in said and "'proxywasm compile --engine v8 " in said
    good = file.read_bytes()
    said = check(proxywasm, write, write("broken.wasm", good[:-1] + bytes([good[-1] ^ 1])))
    assert refused + "its content was changed" in said


@pytest.mark.parametrize("engine", COMPILERS)
def test_code_for_a_vm_for_each_transaction(proxywasm, copy, write, tmp_path, engine):
    """Wasmtime's is other code than that for VMs of threads; V8's is the same."""
    plain = copy("examples/c/headers", "headers.wasm")
    proxywasm("compile", "-e", engine, plain, "-o", "plain.wasm")
    assert proxywasm("compile", "-e", engine, "--transaction", plain, "-o", "own.wasm").returncode == 0
    scope = ", vm_scope: transaction"
    assert check(proxywasm, write, tmp_path / "own.wasm", engine=engine, extra=scope) == ""
    said = check(proxywasm, write, tmp_path / "plain.wasm", engine=engine, extra=scope)
    report = json.loads(proxywasm("inspect", "--json", "own.wasm").stdout)["precompiled"]
    assert [code["transaction"] for code in report] == [engine == "wasmtime"]
    if engine == "wasmtime":
        assert "it is not for 'vm_scope: transaction'; make it again with" in said and "--transaction'" in said
        assert "it is for 'vm_scope: transaction'" in check(proxywasm, write, tmp_path / "own.wasm")
    else:
        assert said == ""


def test_code_is_not_used_unless_it_is_allowed(proxywasm, copy, write, tmp_path):
    plain = copy("examples/c/headers", "headers.wasm")
    proxywasm("compile", plain)
    good = (tmp_path / "headers.precompiled.wasm").read_bytes()
    broken = write("broken.wasm", good[:-1] + bytes([good[-1] ^ 1]))
    assert "not used" in check(proxywasm, write, broken)
    assert check(proxywasm, write, broken, allow="false") == ""


def test_a_truncated_file_is_no_module(proxywasm, copy, write, tmp_path):
    proxywasm("compile", copy("examples/c/headers", "headers.wasm"))
    good = (tmp_path / "headers.precompiled.wasm").read_bytes()
    done = proxywasm("inspect", write("short.wasm", good[:-1]))
    assert done.returncode == 1 and "it ends beyond the file" in done.stderr


def test_what_cannot_be_compiled(proxywasm, copy, write):
    plain = copy("examples/c/headers", "headers.wasm")
    done = proxywasm("compile", "--engine", "wamr", plain)
    assert done.returncode == 1 and "engine 'wamr' has no compiled code: it interprets" in done.stderr


@pytest.mark.parametrize("engine", COMPILERS)
@pytest.mark.parametrize(("content", "reason"), [
    ("", "not a wasm module: it is empty"),
    ("no wasm", "not a wasm module: "),
    ("(module)", "this is the text format of wasm (.wat): make a binary of it first, with wat2wasm"),
    (b"\0asm\x0d\0\1\0", "this is a WebAssembly component, not a core module: build for wasm32-wasip1"),
    (b"\0asm\1\0\0\0\3\2\1\0", ""),
])
def test_a_file_that_is_no_module_is_named_with_the_reason(proxywasm, write, tmp_path, engine, content, reason):
    file = write("text.wasm", content)
    done = proxywasm("compile", "--engine", engine, file)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"proxywasm compile: module: {file}: {reason}")
    assert not (tmp_path / "text.precompiled.wasm").exists()


def test_an_engine_that_has_no_compiled_code_is_told_with_the_module(proxywasm, copy):
    done = proxywasm("compile", "--engine", "wamr", copy("examples/c/headers", "headers.wasm"))
    assert done.stderr.endswith("headers.wasm: engine 'wamr' has no compiled code: it interprets\n")


def test_an_output_that_cannot_be_written_is_named_as_it_was_given(proxywasm, copy):
    done = proxywasm("compile", copy("examples/c/headers", "headers.wasm"), "-o", "/nonexistent/a")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "proxywasm compile: file: /nonexistent/a: cannot be written: No such file or directory\n"


def test_an_output_that_is_no_file_is_left_as_it_is(proxywasm, copy, tmp_path):
    plain = copy("examples/c/headers", "headers.wasm")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for output in (pipe, tmp_path):
        done = proxywasm("compile", "--output", output, plain)
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{output}: is no plain file, and is left as it is; name one with --output" in done.stderr
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_an_output_that_is_there_keeps_its_mode_and_stays_a_link(proxywasm, copy, tmp_path):
    plain = copy("examples/c/headers", "headers.wasm")
    target, link = tmp_path / "target.wasm", tmp_path / "link.wasm"
    target.write_bytes(b"old")
    target.chmod(0o620)
    link.symlink_to(target)
    done = proxywasm("compile", "--output", link, plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert link.is_symlink()
    assert target.read_bytes().startswith(plain.read_bytes())
    assert stat.S_IMODE(target.stat().st_mode) == 0o620


@pytest.mark.parametrize("stack", ["0", "1", "1KiB", "16383", "769KiB", "64MiB", "16GiB"])
def test_a_stack_that_no_plugin_can_have_is_refused_with_the_range(proxywasm, copy, stack):
    done = proxywasm("compile", "--stack", stack, copy("examples/c/headers", "headers.wasm"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"proxywasm compile: --stack '{stack}' is out of range; the least is 16KiB, the most "
                                  "768KiB\n")


def test_a_stack_that_is_no_size_or_not_for_the_engine_is_refused(proxywasm, copy):
    plain = copy("examples/c/headers", "headers.wasm")
    assert proxywasm("compile", "--stack", "x", plain).returncode == 2
    assert proxywasm("compile", "--stack", "16KiB", plain).returncode == 0
    assert proxywasm("compile", "--stack", "768KiB", plain).returncode == 0
    done = proxywasm("compile", "--stack", "16KiB", "--engine", "v8", plain)
    assert done.returncode == 2
    assert done.stderr.startswith("proxywasm compile: --stack: engine 'v8': a stack of 16384 bytes is out of range")
    both = proxywasm("compile", "--stack", "16KiB", "--engine", "v8", "--portable", plain)
    assert both.returncode == 2
    assert both.stderr.startswith("proxywasm compile: --portable: engine 'v8': it compiles for the processor that")
