# SPDX-License-Identifier: Apache-2.0
"""Whatever is wrong at start: the server comes up, says what and where, and passes or refuses the plugin's traffic as
fail_open says, from the first request on."""

import pytest

from harness import build
from harness.configuration import ENGINE, configuration, global_plugin, remap_plugin, scripted
from harness.server import remap_rule


def with_file(name):
    """A configuration that names a file of the configuration directory as its module."""
    return lambda **keys: configuration(f"./{name}.wasm", name="broken", **keys)


def with_module(name):
    return lambda **keys: configuration(f"traffic_server/{name}", name="broken", **keys)


def with_script(vm_start=None, configure=None, **more):
    def make(**keys):
        lines = [f"configure: {configure}"] if configure else []
        vm = {"vm_id": str((vm_start, configure)), **({"configuration": vm_start} if vm_start else {})}
        return scripted("broken", lines=lines, vm=vm, **more, **keys)
    return make


def with_change(old, new):
    """A sound configuration with one mistake in its text."""
    def make(**keys):
        text = scripted("broken", **keys)
        assert old in text
        return text.replace(old, new, 1)
    return make


# The kind of mistake: the configuration, and what diags.log has to say.
CASES = {
    "missing-module": (with_file("nowhere"), r"nowhere\.wasm.*No such file"),
    "text-module": (with_file("text"), r"text\.wasm.*not a wasm module"),
    "empty-module": (with_file("empty"), r"empty\.wasm.*not a wasm module"),
    "cut-module": (with_file("cut"), r"cut\.wasm.*beyond the file|cut\.wasm.*ends"),
    "missing-import": (with_module("missing_import"), r"does not provide.*\n.*env\.proxy_from_the_future"),
    "no-marker": (with_module("no_marker"), r"no_marker.*proxy_abi_version"),
    "unknown-abi": (with_module("unknown_abi"), r"unknown_abi.*proxy_abi_version_"),
    "wrong-signature": (with_module("wrong_signature"), r"wrong_signature.*proxy_on_request_headers"),
    "vm-start-fails": (with_script(vm_start="fail"), r"does not start.*proxy_on_vm_start"),
    "configure-fails": (with_script(configure="fail"), r"does not start.*proxy_on_configure"),
    "vm-start-traps": (with_script(vm_start="trap unreachable"), r"proxy_on_vm_start: unreachable.*\n.*#0 do_trap "),
    "configure-traps": (with_script(configure="trap memory"), r"proxy_on_configure: out of bounds.*\n.*#0 do_trap "),
    "configure-loops": (with_script(configure="trap loop", limits={"start": "200ms"}), r"proxy_on_configure: .*deadline"),
    "unknown-engine": (with_change(f"runtime.{ENGINE}", "runtime.steam"), r"vm_config\.runtime.*steam"),
    "unknown-key": (with_change("root_id", "root_ids"), r"root_ids.*did you mean 'root_id'"),
    "wrong-value": (with_change("root_id: ''", "vm_scope: galaxy"), r"vm_scope.*galaxy"),
    "wrong-yaml": (with_change("root_id: ''", "root_id: ['"), r"not valid YAML"),
}
POLICIES = {"open": True, "closed": False}


def files():
    """The configurations of all cases, and the broken modules that they name."""
    whole = build.module("traffic_server/scripted").read_bytes()
    modules = {"text.wasm": "this is a text file\n", "empty.wasm": "", "cut.wasm": whole[:len(whole) // 2]}
    return {**modules, **{f"{case}-{policy}.yaml": make(fail_open=fail_open)
                          for case, (make, _) in CASES.items() for policy, fail_open in POLICIES.items()}}


def message(case, policy):
    """What the log says: the configuration file, the line where the mistake or the plugin's mapping is, and the rest."""
    line = {"unknown-key": "3", "wrong-value": "3", "wrong-yaml": r"\d+", "unknown-engine": "6"}.get(case, "2")
    return rf"{case}-{policy}\.yaml:{line}:.*({CASES[case][1]})"


def expected_status(policy):
    return 200 if POLICIES[policy] else 503


@pytest.fixture(scope="module")
def all_cases(start_shared_server, origin):
    """Every case as the plugin of a remap rule of its own, and a sound rule."""
    return start_shared_server(
        remap=[remap_rule("sound.test", origin.port),
               *(remap_rule(f"{case}-{policy}.test", origin.port, remap_plugin(f"{case}-{policy}.yaml"))
                 for case in CASES for policy in POLICIES)],
        files=files())


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", CASES)
def test_broken_remap_plugin(all_cases, case, policy):
    responses = [all_cases.get("/", f"{case}-{policy}.test") for _ in range(3)]
    assert [response.status for response in responses] == [expected_status(policy)] * 3
    all_cases.wait_for_log(message(case, policy))


def test_other_rules_are_not_touched(all_cases):
    assert all_cases.get("/", "sound.test").status == 200


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("case", CASES)
def test_broken_global_plugin(start_server, origin, case, policy):
    server = start_server(plugins=[global_plugin(f"{case}-{policy}.yaml")], remap=[remap_rule("a.test", origin.port)],
                          files=files())
    responses = [server.get("/", "a.test") for _ in range(3)]
    assert [response.status for response in responses] == [expected_status(policy)] * 3
    server.wait_for_log(message(case, policy))


def test_missing_configuration_file_is_named_and_traffic_passes(start_server, origin):
    server = start_server(plugins=[global_plugin("missing.yaml")], remap=[remap_rule("a.test", origin.port)])
    assert server.get("/", "a.test").status == 200
    server.wait_for_log(r"missing\.yaml.*No such file")


def test_plugin_without_arguments_is_told_what_it_needs(start_server, origin):
    server = start_server(plugins=[global_plugin()], remap=[remap_rule("a.test", origin.port)])
    assert server.get("/", "a.test").status == 200
    server.wait_for_log(r"ERROR.*wasm.*\.yaml")


def test_broken_plugin_that_fails_open_leaves_the_others_alone(start_server, origin):
    server = start_server(plugins=[global_plugin("missing-module-open.yaml", "sound.yaml")],
                          remap=[remap_rule("a.test", origin.port)],
                          files={**files(), "sound.yaml": scripted(lines=["response: add response x-sound 1"])})
    assert server.get("/", "a.test").headers.all("x-sound") == ["1"]
