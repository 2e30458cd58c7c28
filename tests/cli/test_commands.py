# SPDX-License-Identifier: Apache-2.0
"""What all commands have in common: help, options, exit codes."""

import json
import shutil
import subprocess

import pytest

from cli import PROGRAM

COMMANDS = ["run", "inspect", "test", "bench", "compile", "conformance", "check", "engines", "version"]


def test_no_command_is_a_mistake_and_shows_the_commands(proxywasm):
    done = proxywasm()
    assert done.returncode == 2
    for command in COMMANDS:
        assert f"  {command} " in done.stderr


@pytest.mark.parametrize("spelling", ["help", "--help", "-h"])
def test_help_goes_to_standard_output(proxywasm, spelling):
    done = proxywasm(spelling)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Usage: proxywasm COMMAND")


def test_help_explains_itself(proxywasm):
    assert proxywasm("help", "help").stdout == proxywasm("help").stdout


@pytest.mark.parametrize("spelling", ["version", "--version"])
def test_version(proxywasm, spelling):
    done = proxywasm(spelling)
    assert done.returncode == 0
    assert done.stdout.startswith("proxywasm 0.")


@pytest.mark.parametrize("topic", ["configuration", "scenarios", "run"])
def test_help_that_cannot_be_written_is_no_success(proxywasm, topic):
    with open("/dev/full", "wb") as full:
        done = subprocess.run([PROGRAM, "help", topic], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == "proxywasm: the output could not be written\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(proxywasm, command):
    done = proxywasm(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"Usage: proxywasm {command} [OPTIONS]")
    assert "--help" in done.stdout
    assert proxywasm("help", command).stdout == done.stdout


def test_an_unknown_command_is_named_with_a_suggestion(proxywasm):
    done = proxywasm("inspekt")
    assert done.returncode == 2
    assert done.stderr == "proxywasm: unknown command 'inspekt'; did you mean 'inspect'?\nTry 'proxywasm help'.\n"


@pytest.mark.parametrize(("arguments", "message"), [
    (["test", "--filtre", "x", "s.yaml"], "unknown option '--filtre'; did you mean '--filter'?"),
    (["test", "-Z", "s.yaml"], "unknown option '-Z'"),
    (["test", "s.yaml", "--filter"], "option '--filter' needs an argument"),
    (["test"], "an argument is missing: SUITE.yaml [MODULE]"),
    (["test", "a", "b", "c"], "unexpected argument 'c'"),
    (["engines", "x"], "unexpected argument 'x'"),
    (["version", "x"], "unexpected argument 'x'"),
    (["check"], "an argument is missing: FILE.yaml..."),
    (["inspect"], "an argument is missing: MODULE"),
    (["test", "--loglevel", "loud", "s.yaml"], "--loglevel: 'loud' is no log level"),
    (["test", "--json", "--junit", "s.yaml"], "only one of --json, --junit and --list can have the standard output"),
    (["test", "--list", "--json", "s.yaml"], "only one of --json, --junit and --list can have the standard output"),
])
def test_mistakes_in_the_command_line(proxywasm, arguments, message):
    done = proxywasm(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"proxywasm {arguments[0]}: {message}\nTry 'proxywasm {arguments[0]} --help'.\n"


@pytest.mark.parametrize(("arguments", "engine"), [(arguments, engine) for arguments in (
    ["run", "m.wasm"], ["test", "s.yaml"], ["check", "c.yaml"], ["compile", "m.wasm"], ["bench", "m.wasm"],
    ["bench", "s.yaml"], ["conformance"]) for engine in ("foo", "ats.wasm.runtime.", "ats.wasm.runtime.foo", "Wamr")]
    + [([command, "file"], "all") for command in ("run", "test", "check", "compile")])
def test_an_engine_that_does_not_exist_is_a_mistake_in_the_command_line(proxywasm, arguments, engine):
    done = proxywasm(*arguments, "--engine", engine)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"proxywasm {arguments[0]}: --engine {engine}: there is no such engine; this version has: "
                           f"wasmtime, wamr, v8, wasmedge, wasm2c\nTry 'proxywasm {arguments[0]} --help'.\n")


@pytest.mark.parametrize("engine", ["", "wamr", "ats.wasm.runtime.wamr", "ats.wasm.runtime.wasmtime"])
def test_an_engine_goes_by_its_short_and_its_long_name(proxywasm, module, engine):
    assert proxywasm("run", "--quiet", module("examples/c/headers"), "--engine", engine).returncode == 0


def test_an_engine_that_is_not_installed_is_no_mistake_in_the_command_line(proxywasm, module, write):
    folder = write("engines/proxywasm_engine_wamr.so", "no object").parent
    done = proxywasm("run", module("examples/c/headers"), "--engine", "wamr",
                     environment={"PROXYWASM_ENGINE_PATH": str(folder)})
    assert done.returncode == 1
    assert "it cannot be loaded: engine: engine 'wamr': " in done.stdout


def test_help_says_what_a_broken_plugin_does_to_traffic(proxywasm):
    text = " ".join(proxywasm("help", "run").stdout.split())
    assert ("--fail-open a broken plugin lets traffic pass; without it, the answer is 503. With --config, what "
            "fail_open in the file says") in text


@pytest.mark.parametrize(("topic", "key"), [("configuration", "config.vm_config.code.local.filename"),
                                            ("scenarios", "test[].steps[].wait.result")])
def test_help_lists_the_keys_of_files(proxywasm, topic, key):
    done = proxywasm("help", topic)
    assert done.returncode == 0
    assert f"`{key}`" in done.stdout


def test_output_that_cannot_be_written_is_a_failure():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "help"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "could not be written" in done.stderr


def test_engines_tells_version_and_origin(proxywasm):
    done = proxywasm("engines")
    assert done.returncode == 0
    lines = [line.split() for line in done.stdout.splitlines()]
    assert [line[0] for line in lines[:5]] == ["wasmtime", "wamr", "v8", "wasmedge", "wasm2c"]
    for _, version, origin, *_ in lines:
        assert version[0].isdigit()
        assert origin.startswith("/")


def test_engines_as_json(proxywasm):
    engines = json.loads(proxywasm("engines", "--json").stdout)
    assert [engine["name"] for engine in engines][0] == "wasmtime"
    assert engines[0]["usable"] is True
    assert engines[0]["default"] is True
    assert engines[0]["error"] is None
    assert all(engine["usable"] for engine in engines)


@pytest.mark.parametrize("engine", ["wasmtime", "wamr", "v8", "wasmedge", "wasm2c"])
def test_a_broken_engine_is_told_with_a_remedy_and_the_others_are_usable(proxywasm, write, engine):
    folder = write(f"engines/proxywasm_engine_{engine}.so", "no object").parent
    done = proxywasm("engines", environment={"PROXYWASM_ENGINE_PATH": str(folder)})
    assert done.returncode == 0
    broken = [line for line in done.stdout.splitlines() if "not usable" in line]
    assert len(broken) == 1
    assert f"proxywasm_engine_{engine}.so" in broken[0]
    assert "install" in broken[0]


def test_engines_fails_when_none_is_usable(tmp_path):
    program = shutil.copy(PROGRAM, tmp_path / "proxywasm")
    done = subprocess.run([program, "engines"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for engine in ("wasmtime", "wamr", "v8", "wasmedge", "wasm2c"):
        assert f"engine '{engine}' is not installed: there is no proxywasm_engine_{engine}.so in " in done.stdout


def test_run_gives_metadata_after_the_headers(proxywasm, module):
    options = ("--metadata", "3", "--response-metadata", "1")
    done = proxywasm("run", module("conformance/metadata_and_validation"), *options)
    assert done.returncode == 0
    assert "proxy_on_request_metadata(context_id=2, num_elements=3)\n" in done.stdout
    assert "proxy_on_response_metadata(context_id=2, num_elements=1)\n" in done.stdout
    without = proxywasm("run", module("conformance/metadata_and_validation")).stdout
    assert "_metadata(" not in without
    assert "--metadata" in proxywasm("run", module("conformance/minimal"), "--metadata", "no").stderr
