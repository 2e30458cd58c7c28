# SPDX-License-Identifier: Apache-2.0
"""Memory stays bounded over some ten thousand requests of each kind."""

import pytest

from harness.build import sanitized
from harness.configuration import global_plugin, scripted as scripted_configuration
from harness.http1 import format_request
from harness.scripted import script_headers
from harness.server import remap_rule

BATCH = 50
KINDS = {
    "headers": {"request": "add request x-a 1;all request", "response": "add response x-b 1"},
    "reply": {"request": "reply 403 some%20text x-a=1"},
    "response-reply": {"response": "reply 403 some%20text x-a=1"},
    "properties": {"request": "set_property my.own 1;property request.path", "response": "property source.address"},
    "pause": {"request": "pause 1", "response": "pause 1"},
}
COUNTS = {"headers": 30000, "reply": 20000, "response-reply": 20000, "properties": 20000, "pause": 5000}


@pytest.fixture(scope="module")
def busy(start_shared_server, origin):
    return start_shared_server(plugins=[global_plugin("a.yaml")], remap=[remap_rule("a.test", origin.port)],
                               files={"a.yaml": scripted_configuration(limits={"log_lines_per_second": 1})})


def send(server, count, scripts, target):
    """`count` requests, on connections that are kept when the server keeps them."""
    request = format_request("GET", target, [("Host", "a.test"), *script_headers(**scripts)])
    connection = None
    while count > 0:
        connection = connection or server.connect()
        batch = min(count, BATCH)
        connection.send(request * batch)
        for _ in range(batch):
            response = connection.read_response()
            assert response.status in (200, 403)
            count -= 1
            if response.headers.get("connection") == "close":
                connection.close()
                connection = None
                break
    if connection:
        connection.close()


def send_at_once(server, count, scripts, target):
    """The same on many connections at once, for requests that take their time."""
    connections = [server.connect() for _ in range(BATCH)]
    for _ in range(count // BATCH):
        for connection in connections:
            connection.send(format_request("GET", target, [("Host", "a.test"), *script_headers(**scripts)]))
        for connection in connections:
            assert connection.read_response().status == 200
    for connection in connections:
        connection.close()


@pytest.mark.skipif(sanitized(), reason="sanitizers keep freed memory")
@pytest.mark.parametrize("kind", KINDS)
def test_memory_stays_bounded(busy, kind):
    target = "/memory?cache=3600&size=100"
    ask = send_at_once if kind == "pause" else send
    ask(busy, COUNTS[kind] // 5, KINDS[kind], target)  # pools, caches and arenas fill
    before = busy.memory_kilobytes()
    ask(busy, COUNTS[kind], KINDS[kind], target)
    grown = busy.memory_kilobytes() - before
    # A leak of 1 KB a request would be 5,000 KB at the least in the longer ones.
    assert grown < 4000, f"{grown} KB after {COUNTS[kind]} requests"
