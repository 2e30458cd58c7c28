# SPDX-License-Identifier: Apache-2.0
"""A module that never continues what it paused (limits.pause)."""

import time

import pytest

from harness.configuration import global_plugin, remap_plugin, scripted as scripted_configuration
from harness.http1 import format_request
from harness.scripted import Scripted, Seen, unique_path
from harness.server import remap_rule

pytestmark = pytest.mark.plugin_only

LONG = "pause 3600000"


def configurations():
    scopes = ("thread", "process", "transaction")
    return {f"{scope}-{way}.yaml": scripted_configuration(name="do", fail_open=way == "open", vm_scope=scope,
                                                          limits={"pause": "300ms"}, vm={"vm_id": f"{scope}-{way}"})
            for scope in scopes for way in ("open", "closed")}


@pytest.fixture(scope="module")
def server(start_shared_server, origin):
    files = configurations()
    return start_shared_server(files=files, manager=True, remap=[
        remap_rule(f"{name.removesuffix('.yaml')}.test", origin.port, remap_plugin(name)) for name in files])


def asking(server, host):
    begin = time.monotonic()

    def ask(**scripts):
        response = Scripted(server, host).ask(**scripts)
        assert 0.25 < time.monotonic() - begin < 5
        return response

    return ask


@pytest.mark.parametrize("scope", ["thread", "process", "transaction"])
@pytest.mark.parametrize("phase", ["request", "response"])
def test_stream_goes_on_past_a_plugin_that_fails_open(server, scope, phase):
    response = asking(server, f"{scope}-open.test")(**{phase: f"add {phase} x-before 1;{LONG}"})
    assert response.status == 200
    headers = Seen(response).headers if phase == "request" else response.headers
    assert headers.all("x-before") == ["1"]
    assert server.wait_for_log(rf"proxy_on_{phase}_headers paused a stream.*300 ms \(limits.pause\)", "diags.log")


@pytest.mark.parametrize("scope", ["thread", "process", "transaction"])
@pytest.mark.parametrize("phase", ["request", "response"])
def test_plugin_that_fails_closed_refuses_the_stream(server, scope, phase):
    assert asking(server, f"{scope}-closed.test")(**{phase: LONG}).status == 503
    assert Scripted(server, f"{scope}-closed.test").ask().status == 200


def test_global_plugin(start_server, origin):
    server = start_server(plugins=[global_plugin("do.yaml")], remap=[remap_rule("a.test", origin.port)], files={
        "do.yaml": scripted_configuration(fail_open=False, limits={"pause": "300ms"})})
    assert asking(server, "a.test")(request=LONG).status == 503
    assert asking(server, "a.test")(response=LONG).status == 503


def test_pause_that_is_continued_in_time_is_not_cut(server):
    assert Scripted(server, "thread-closed.test").ask(request="pause 100", response="pause 100").status == 200


def test_many_paused_streams_end_and_none_is_left(server):
    connections = [server.connect() for _ in range(50)]
    for number, connection in enumerate(connections):
        connection.send(format_request("GET", unique_path(), [("Host", "thread-closed.test"), ("do-request", LONG)]))
        if number % 5 == 0:
            connection.close()
    for number, connection in enumerate(connections):
        if number % 5 != 0:
            assert connection.read_response().status == 503
            connection.close()
    assert server.settle("proxywasm.streams") == 0
