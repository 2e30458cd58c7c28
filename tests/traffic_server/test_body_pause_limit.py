# SPDX-License-Identifier: Apache-2.0
"""A module that never continues a body that it paused (limits.pause)."""

import time

import pytest

from harness.configuration import configuration, remap_plugin
from harness.scripted import unique_path
from harness.server import remap_rule

pytestmark = pytest.mark.plugin_only

NEVER = 3600000


@pytest.fixture(scope="module")
def server(start_shared_server, origin):
    files = {f"{way}.yaml": configuration("traffic_server/bodies", name=way, configuration="do",
                                          limits={"pause": "300ms"}, vm={"vm_id": way}, fail_open=way == "open")
             for way in ("open", "closed")}
    return start_shared_server(files=files, manager=True, remap=[
        remap_rule(f"{name.removesuffix('.yaml')}.test", origin.port, remap_plugin(name)) for name in files])


def ask(server, host, direction, script):
    begin = time.monotonic()
    headers = [(f"do-{direction}-body", script)]
    response = server.request("POST", unique_path() + "?body=answer", host, headers, b"question")
    assert 0.25 < time.monotonic() - begin < 5
    return response


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("script", [f"hold pause-end={NEVER}", f"pause={NEVER}"])
def test_body_goes_on_past_a_plugin_that_fails_open(server, origin, direction, script):
    response = ask(server, "open.test", direction, script)
    assert (response.status, response.text) == (200, "answer")
    assert origin.requests[-1].body == b"question"


@pytest.mark.parametrize("script", [f"hold pause-end={NEVER}", f"pause={NEVER}"])
@pytest.mark.parametrize("direction", ["request", "response"])
def test_plugin_that_fails_closed_refuses_the_body(server, direction, script):
    assert ask(server, "closed.test", direction, script).status == 503


def test_collecting_a_body_for_long_is_no_pause(server):
    with server.connect() as connection:
        connection.send(b"POST /slow?body=done HTTP/1.1\r\nHost: closed.test\r\nContent-Length: 4\r\n"
                        b"do-request-body: hold\r\n\r\n")
        for byte in (b"b", b"o", b"d", b"y"):
            time.sleep(0.8)
            connection.send(byte)
        response = connection.read_response()
    assert (response.status, response.text) == (200, "done")
