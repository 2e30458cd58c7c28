# SPDX-License-Identifier: Apache-2.0
"""A trap ends one VM: the server lives, the log has the backtrace, and a later stream gets a new VM."""

import time

import pytest

from harness.build import sanitized
from harness.configuration import remap_plugin, scripted as scripted_configuration
from harness.http1 import format_request
from harness.scripted import Scripted, note
from harness.server import remap_rule

CALLBACKS = {"create": "proxy_on_context_create", "request": "proxy_on_request_headers",
             "response": "proxy_on_response_headers", "done": "proxy_on_done", "log": "proxy_on_log",
             "delete": "proxy_on_delete", "tick": "proxy_on_tick"}
KINDS = {"unreachable": "unreachable", "memory": "out of bounds", "division": "divide by zero", "stack": "stack",
         "loop": r"callback|time|deadline|interrupt"}
POLICIES = {"open": True, "closed": False}


@pytest.fixture(scope="module")
def hosts(start_shared_server, origin):
    """A host for each callback that traps once, and one for each policy that requests tell what to do. One event thread:
    with two, one's VM works again while the other's is still being waited for, and a request meets either."""
    configurations = {f"{callback}-{policy}": scripted_configuration(
        f"{callback}-{policy}", fail_open=fail_open,
        lines=[f"{callback}: once trapped;trap unreachable", "configure: tick 20" if callback == "tick" else ""])
        for callback in CALLBACKS for policy, fail_open in POLICIES.items()}
    configurations |= {policy: scripted_configuration(policy, fail_open=fail_open)
                       for policy, fail_open in POLICIES.items()}
    return start_shared_server(
        threads=1,
        remap=[remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in configurations],
        files={f"{name}.yaml": text for name, text in configurations.items()})


def wait_until_it_works(host, name):
    """A new VM comes within the backoff's first steps."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        response = host.ask(name=name, response="add response x-works 1")
        if response.headers.all("x-works") == ["1"]:
            return
        assert response.status == (200 if POLICIES[name.split("-")[-1]] else 503)
        time.sleep(0.02)
    raise AssertionError("no new VM came within 10 s")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("callback", CALLBACKS)
def test_trap_in_a_callback_ends_one_vm(hosts, callback, policy):
    name = f"{callback}-{policy}"
    host = Scripted(hosts, f"{name}.test")
    response = host.ask(name=name)
    if callback in ("create", "request", "response"):
        assert response.status == (200 if POLICIES[policy] else 503)
    elif callback != "tick":  # that one needs no request: its VM may be gone before the first
        assert response.status == 200
    hosts.wait_for_log(rf"{name}: the module trapped in {CALLBACKS[callback]}: unreachable.*\n.*#0 do_trap "
                       rf"(.*\n)+?.*#\d {CALLBACKS[callback]} ")
    wait_until_it_works(host, name)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_trap(hosts, kind, policy):
    host = Scripted(hosts, f"{policy}.test")
    wait_until_it_works(host, policy)
    since = len(hosts.log())
    begin = time.monotonic()
    response = host.ask(name=policy, request=f"trap {kind}")
    assert response.status == (200 if POLICIES[policy] else 503)
    assert time.monotonic() - begin < 3
    hosts.wait_for_log(rf"(?i){policy}: the module trapped in .*({KINDS[kind]}).*\n.*#0 (do_trap|fall) ", since=since)
    wait_until_it_works(host, policy)


def test_endless_loop_in_a_response_is_ended(hosts):
    host = Scripted(hosts, "closed.test")
    wait_until_it_works(host, "closed")
    begin = time.monotonic()
    assert host.ask(name="closed", response="trap loop").status == 503
    assert time.monotonic() - begin < 3
    wait_until_it_works(host, "closed")


def test_trap_does_not_touch_other_plugins(hosts):
    for _ in range(3):
        Scripted(hosts, "open.test").ask(name="open", request="trap unreachable")
    assert Scripted(hosts, "closed.test").ask(name="closed").status in (200, 503)
    wait_until_it_works(Scripted(hosts, "closed.test"), "closed")


@pytest.mark.parametrize("policy", POLICIES)
def test_paused_streams_of_a_vm_that_traps_are_ended(start_server, origin, policy):
    """They get an answer: the policy's. One event thread, so that all are of one VM."""
    server = start_server(remap=[remap_rule(f"{policy}.test", origin.port, remap_plugin("a.yaml"))], threads=1,
                          files={"a.yaml": scripted_configuration(policy, fail_open=POLICIES[policy])})
    host = Scripted(server, f"{policy}.test")
    connections = [server.connect() for _ in range(8)]
    for connection in connections:
        connection.send(format_request("GET", "/paused", [("Host", host.host), (f"{policy}-request", "hang")]))
    time.sleep(0.2)
    host.ask(name=policy, request="trap unreachable")
    for connection in connections:
        assert connection.read_response().status == (200 if POLICIES[policy] else 503)
        connection.close()
    wait_until_it_works(host, policy)


def test_many_traps_do_no_harm(hosts):
    host = Scripted(hosts, "open.test")
    before = hosts.memory_kilobytes()
    for _ in range(200):
        assert host.ask(name="open", request="trap unreachable").status == 200
    assert sanitized() or hosts.memory_kilobytes() - before < 30000
    wait_until_it_works(host, "open")


def test_memory_of_a_module_is_limited(start_server, origin):
    server = start_server(remap=[remap_rule("a.test", origin.port, remap_plugin("a.yaml"))],
                          files={"a.yaml": scripted_configuration(limits={"memory": "1MiB"})})
    host = Scripted(server, "a.test")
    assert note(host.ask(request="grow 100;note fine"), "out of memory") is None
    assert host.ask(request="grow 4096").headers.all("do-note") == ["out of memory"]
    assert host.ask().status == 200
