# SPDX-License-Identifier: Apache-2.0
"""A module pauses a stream and resumes it later."""

import time

import pytest

from harness.http1 import ProtocolError, format_request
from harness.scripted import Seen, unique_path


@pytest.mark.parametrize("phase", ["request", "response"])
def test_paused_stream_goes_on_when_the_module_resumes_it(scripted, phase):
    begin = time.monotonic()
    response = scripted.ask(**{phase: f"add {phase} x-before 1;pause 100"})
    assert time.monotonic() - begin >= 0.09
    assert response.status == 200
    headers = Seen(response).headers if phase == "request" else response.headers
    assert headers.all("x-before") == ["1"]


def test_request_and_response_pause_in_one_transaction(scripted):
    assert scripted.ask(request="pause 50", response="pause 50;add response x-after 1").headers.get("x-after") == "1"


def test_cache_hit_pauses(scripted):
    path = unique_path() + "?cache=60"
    scripted.ask(path)
    begin = time.monotonic()
    assert scripted.ask(path, response="pause 100").status == 200
    assert time.monotonic() - begin >= 0.09


def test_paused_stream_does_not_hold_others(scripted):
    with scripted.server.connect() as slow:
        slow.send(format_request("GET", unique_path(), [("Host", "a.test"), ("do-request", "pause 1000")]))
        begin = time.monotonic()
        for _ in range(20):
            assert scripted.ask().status == 200
        assert time.monotonic() - begin < 0.9
        assert slow.read_response().status == 200


def test_many_paused_streams_all_go_on(scripted):
    connections = [scripted.server.connect() for _ in range(60)]
    for number, connection in enumerate(connections):
        phase = "request" if number % 2 else "response"
        connection.send(format_request("GET", unique_path(), [("Host", "a.test"), (f"do-{phase}", "pause 100")]))
    for connection in connections:
        assert connection.read_response().status == 200
        connection.close()


def test_client_that_leaves_a_paused_stream_does_no_harm(scripted):
    for phase in ("request", "response"):
        for _ in range(5):
            connection = scripted.server.connect()
            connection.send(format_request("GET", unique_path(), [("Host", "a.test"), (f"do-{phase}", "pause 100")]))
            time.sleep(0.02)
            connection.close()
    time.sleep(0.3)
    assert scripted.ask().status == 200


def test_paused_streams_of_one_http2_connection(scripted):
    with scripted.server.connect_http2() as connection:
        ids = [connection.start("GET", unique_path(), "a.test", [(f"do-{phase}", f"pause {delay}")])
               for delay in (150, 50, 100) for phase in ("request", "response")]
        assert [connection.finish(stream_id).status for stream_id in ids] == [200] * 6


def test_module_closes_the_stream(scripted):
    for phase in ("request", "response"):
        with scripted.server.connect() as connection, pytest.raises((ProtocolError, ConnectionError)):
            scripted.ask(connection=connection, **{phase: "close"})
    assert scripted.ask().status == 200
