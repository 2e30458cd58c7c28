# SPDX-License-Identifier: Apache-2.0
"""vm_scope: how many VMs a plugin has."""

import pytest

from harness.configuration import ENGINE, remap_plugin, scripted as scripted_configuration
from harness.http1 import format_request
from harness.scripted import Scripted, note, unique_path
from harness.server import remap_rule

SCOPES = ("thread", "process", "transaction")
THREADS = 2
REQUESTS = 40


@pytest.fixture(scope="module")
def scopes(start_shared_server, origin):
    return start_shared_server(
        remap=[remap_rule(f"{scope}.test", origin.port, remap_plugin(f"{scope}.yaml")) for scope in SCOPES],
        files={f"{scope}.yaml": scripted_configuration(scope, vm_scope=scope) for scope in SCOPES}, threads=THREADS)


def streams_seen(server, scope):
    """How many streams the VM of each request has seen: a connection of its own for each, so that all threads get
    some."""
    host = Scripted(server, f"{scope}.test")
    return [int(note(host.ask(name=scope, request="vm"), "vm_streams", scope)) for _ in range(REQUESTS)]


def test_thread_scope_has_a_vm_for_each_thread(scopes):
    seen = streams_seen(scopes, "thread")
    # Each VM counts 1, 2, 3…: so the number of ones is the number of VMs.
    assert 1 <= seen.count(1) <= THREADS
    assert sum(seen[seen.index(number)] == number for number in seen) == len(seen)
    assert max(seen) >= REQUESTS / THREADS


def test_process_scope_has_one_vm(scopes):
    assert sorted(streams_seen(scopes, "process")) == list(range(1, REQUESTS + 1))


def test_transaction_scope_has_a_fresh_vm_each_time(scopes):
    assert streams_seen(scopes, "transaction") == [1] * REQUESTS


def test_transaction_scope_starts_a_module_once_for_each_thread(start_server, origin):
    """Where the engine has images; elsewhere for each transaction, too. One thread."""
    server = start_server(
        remap=[remap_rule("a.test", origin.port, remap_plugin("a.yaml"))], threads=1,
        files={"a.yaml": scripted_configuration("do", ["configure: count starts 1;tick 20", "tick: count ticks 1"],
                                                vm_scope="transaction")})
    host = Scripted(server, "a.test")
    for _ in range(10):
        assert note(host.ask(request="vm"), "vm_streams") == "1"
    starts = int(note(host.ask(request="metric starts"), "starts"))
    # One while the configuration is loaded, to see whether it starts at all.
    assert starts <= 2 if ENGINE == "wasmtime" else starts > 10
    # The tick that the start has set runs for each.
    ticks = int(note(host.ask(request="metric ticks"), "ticks"))
    host.ask(request="pause 100")
    assert int(note(host.ask(request="metric ticks"), "ticks")) > ticks


def test_transaction_scope_counts_its_traps(start_server, origin):
    server = start_server(manager=True, threads=2,
                          remap=[remap_rule("a.test", origin.port, remap_plugin("a.yaml"))],
                          files={"a.yaml": scripted_configuration(vm_scope="transaction")})
    host = Scripted(server, "a.test")
    for _ in range(5):
        assert host.ask(request="trap unreachable").status == 200
    assert server.wait_for_metric("proxywasm.traps", 5) == 5
    # No VM takes the place of another one: each transaction gets its own.
    assert server.metric("proxywasm.restarts") == 0


def test_transaction_scope_leaves_nothing_behind(scopes):
    """Whatever a transaction does to its VM: memory that it grew, a trap, a lot of transactions at once."""
    host = Scripted(scopes, "transaction.test")
    for script in ("grow 4000", "tick 10", "set_property a b", "trap unreachable", "trap stack", "pause 20"):
        for _ in range(3):
            host.ask(name="transaction", request=f"vm;{script}")
            assert streams_seen(scopes, "transaction")[:5] == [1] * 5


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_pauses_replies_and_changes_headers(scopes, scope):
    host = Scripted(scopes, f"{scope}.test")
    assert host.ask(name=scope, response="add response x-a 1").headers.all("x-a") == ["1"]
    assert host.ask(name=scope, request="reply 403 no").status == 403
    assert host.ask(name=scope, request="pause 30", response="pause 30;add response x-a 2").headers.all("x-a") == ["2"]


@pytest.mark.parametrize("scope", SCOPES)
def test_every_scope_survives_a_trap(scopes, scope):
    host = Scripted(scopes, f"{scope}.test")
    host.ask(name=scope, request="trap unreachable")
    for _ in range(50):
        if host.ask(name=scope, response="add response x-a 1").headers.all("x-a") == ["1"]:
            return
    raise AssertionError("no new VM came")


@pytest.mark.parametrize("scope", SCOPES)
def test_paused_streams_on_all_threads(scopes, scope):
    connections = [scopes.connect() for _ in range(20)]
    for connection in connections:
        connection.send(format_request("GET", unique_path(), [("Host", f"{scope}.test"), (f"{scope}-request", "pause 50"),
                                                              (f"{scope}-response", "pause 50")]))
    for connection in connections:
        assert connection.read_response().status == 200
        connection.close()


def test_no_resume_is_lost_between_the_threads_of_a_process_scope(scopes):
    """The tick that resumes may come on another thread at the very moment of the pause."""
    connections = [scopes.connect() for _ in range(40)]
    for _ in range(50):
        for connection in connections:
            connection.send(format_request("GET", "/resumed?cache=60", [
                ("Host", "process.test"), ("process-request", "pause 0"), ("process-response", "pause 0")]))
        for connection in connections:
            assert connection.read_response().status == 200
    for connection in connections:
        connection.close()
