# SPDX-License-Identifier: Apache-2.0
"""Streams that modules continue and close: from any callback, in any state of the stream (modules/continuing.c)."""

import itertools
import re
import socket
import time

import pytest

from harness.configuration import configuration, global_plugin, remap_plugin
from harness.http1 import ProtocolError, format_request
from harness.scripted import unique_path
from harness.server import remap_rule

pytestmark = pytest.mark.plugin_only

OK, BAD_ARGUMENT, UNIMPLEMENTED = 0, 2, 12
CONTINUING = [(function, direction) for direction in ("request", "response") for function in ("continue", "old")]
CLOSING = [("close", "request"), ("close", "response")]
FUNCTIONS = CONTINUING + CLOSING
CALLBACKS = ["request", "response", "done", "log", "tick", "call", "queue"]
numbers = itertools.count(1)


def text_of(origin, **keys):
    return configuration("traffic_server/continuing", name="continuing",
                         upstreams={"callee": {"host": "127.0.0.1", "port": origin.port}}, **keys)


class Streams:
    """A server, and a host of it whose streams the module handles."""

    def __init__(self, server, host):
        self.server = server
        self.host = host

    def start(self, target=None, **words):
        """A connection with a request on it that has not been answered, and the request's name."""
        name = f"n{next(numbers)}"
        pairs = [("Host", self.host), ("do-name", name), *((f"do-{key}", value) for key, value in words.items())]
        connection = self.server.connect()
        connection.send(format_request("GET", target or unique_path(), pairs))
        return connection, name

    def held(self, direction):
        """The same, paused in one direction."""
        connection, name = self.start(hold=direction)
        self._told(rf"holds {name}\n")
        return connection, name

    def ended(self):
        """The name of a stream that is over. Its end comes after its answer, on a thread of its own."""
        connection, name = self.start()
        assert_answered(connection)
        self._told(rf"ends {name}\n")
        return name

    def act(self, callback, function, name):
        """Another request that has this done; answers the statuses of proxy_set_effective_context and of it."""
        with self.start(act=f"{callback} {function} {name}")[0] as connection:
            assert connection.read_response().status == 200
        return self.result(callback, function, name)

    def result(self, callback, function, name):
        found = self._told(rf"(?s:.*){callback} {function} {name}: context=(-?\d+) result=(-?\d+)")
        return int(found.group(1)), int(found.group(2))

    def _told(self, pattern):
        """Waits until the module's report matches."""
        end = time.monotonic() + 10
        with self.server.connect() as connection:
            while time.monotonic() < end:
                report = connection.request("GET", "/report", [("Host", self.host), ("do-report", "yes")]).text
                found = re.search(pattern, report)
                if found:
                    return found
                time.sleep(0.01)
        raise AssertionError(f"nothing matches {pattern!r} in:\n{report[-2000:]}")

    def assert_all_end(self):
        end = time.monotonic() + 20
        self.server.wait_for_metric("proxywasm.streams", 0)
        while self.server.metric("proxywasm.streams") != 0:
            assert time.monotonic() < end
            time.sleep(0.2)


def assert_closed(connection):
    """No answer, and no connection any more. (The server takes a second or two to close what it is not reading.)"""
    with connection, pytest.raises((ProtocolError, ConnectionError)):
        connection.read_response()


def assert_answered(connection):
    with connection:
        assert connection.read_response().status == 200


def assert_waits(connection):
    connection_timeout = connection.socket.gettimeout()
    connection.socket.settimeout(0.2)
    with pytest.raises(TimeoutError):
        connection.socket.recv(1)
    connection.socket.settimeout(connection_timeout)


@pytest.fixture(scope="module")
def streams(start_shared_server, origin):
    # One thread, so that all streams are in one VM.
    server = start_shared_server(
        manager=True, threads=1, files={"continuing.yaml": text_of(origin), "rule.yaml": text_of(origin)},
        plugins=[global_plugin("continuing.yaml")], remap=[remap_rule("a.test", origin.port)])
    return Streams(server, "a.test")


@pytest.fixture(scope="module")
def rule_streams(start_shared_server, origin):
    server = start_shared_server(manager=True, threads=1, files={"continuing.yaml": text_of(origin)},
                                 remap=[remap_rule("a.test", origin.port, remap_plugin("continuing.yaml"))])
    return Streams(server, "a.test")


@pytest.fixture(scope="module")
def process_streams(start_shared_server, origin):
    server = start_shared_server(
        manager=True, threads=2, files={"continuing.yaml": text_of(origin, vm_scope="process")},
        plugins=[global_plugin("continuing.yaml")], remap=[remap_rule("a.test", origin.port)])
    return Streams(server, "a.test")


@pytest.fixture(scope="module")
def deaf_streams(start_shared_server, origin):
    """Streams whose module has no callback for responses."""
    names = [f"proxy_{name}" for name in (
        "log", "send_local_response", "http_call", "set_tick_period_milliseconds", "register_shared_queue",
        "enqueue_shared_queue", "dequeue_shared_queue", "get_header_map_value", "set_effective_context",
        "continue_stream", "close_stream", "on_configure", "on_request_headers", "on_tick", "on_http_call_response",
        "on_queue_ready")]
    text = text_of(origin, capability_restriction_config={"allowed_capabilities": names})
    server = start_shared_server(manager=True, threads=1, files={"continuing.yaml": text},
                                 plugins=[global_plugin("continuing.yaml")], remap=[remap_rule("a.test", origin.port)])
    return Streams(server, "a.test")


@pytest.fixture(params=["global", "rule"])
def any_streams(request):
    return request.getfixturevalue("streams" if request.param == "global" else "rule_streams")


# ---------------------------------------------------------------------------------------------- a stream that waits

@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("function, direction", CONTINUING)
def test_paused_stream_is_continued(any_streams, callback, function, direction):
    connection, name = any_streams.held(direction)
    assert any_streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
    assert_answered(connection)


@pytest.mark.parametrize("paused", ["request", "response"])
@pytest.mark.parametrize("function, direction", CLOSING)
def test_paused_stream_is_closed(any_streams, function, direction, paused):
    held = [any_streams.held(paused) for _ in CALLBACKS]
    for callback, (_, name) in zip(CALLBACKS, held):
        assert any_streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
    for connection, _ in held:
        assert_closed(connection)


@pytest.mark.parametrize("function", ["continue", "old"])
@pytest.mark.parametrize("paused, other", [("request", "response"), ("response", "request")])
def test_other_direction_does_not_continue_it(streams, function, paused, other):
    connection, name = streams.held(paused)
    assert streams.act("tick", f"{function}-{other}", name) == (OK, OK)
    assert_waits(connection)
    assert streams.act("tick", f"{function}-{paused}", name) == (OK, OK)
    assert_answered(connection)


def test_continued_and_closed_twice(streams):
    for function in ("continue-request", "close-request"):
        connection, name = streams.held("request")
        others = [streams.start(act=f"tick {function} {name}")[0] for _ in range(2)]
        for other in others:
            assert_answered(other)
        (assert_closed if "close" in function else assert_answered)(connection)


# ----------------------------------------------------------------------------------------------- the stream's own

@pytest.mark.parametrize("callback", ["request", "response"])
@pytest.mark.parametrize("function", ["continue", "old"])
def test_callback_that_continues_its_own_direction_does_not_pause(any_streams, callback, function):
    connection, _ = any_streams.start(hold=callback, act=f"{callback} {function}-{callback} self")
    assert_answered(connection)


def test_stream_has_itself_closed(any_streams):
    connections = [any_streams.start(hold=hold, act=f"{callback} close-{hold} self")[0]
                   for callback, hold in (("request", "request"), ("response", "response"), ("tick", "request"),
                                          ("tick", "response"), ("call", "request"), ("queue", "request"))]
    for connection in connections:
        assert_closed(connection)


@pytest.mark.parametrize("callback", ["done", "log"])
@pytest.mark.parametrize("function, direction", FUNCTIONS)
def test_at_its_end_nothing_comes_of_it(any_streams, callback, function, direction):
    name = f"n{next(numbers)}"
    with any_streams.server.connect() as connection:
        pairs = [("Host", any_streams.host), ("do-name", name), ("do-act", f"{callback} {function}-{direction} {name}")]
        assert connection.request("GET", unique_path(), pairs).status == 200
    assert any_streams.result(callback, f"{function}-{direction}", name) == (OK, OK)


# ------------------------------------------------------------------------------------- a stream that does not wait

@pytest.mark.parametrize("function, direction", CONTINUING)
def test_stream_that_waits_for_nobody_goes_its_way(any_streams, function, direction):
    started = [any_streams.start(unique_path() + "?delay=1.5&body=whole") for _ in CALLBACKS]
    for callback, (_, name) in zip(CALLBACKS, started):
        assert any_streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
    for connection, _ in started:
        with connection:
            response = connection.read_response()
        assert (response.status, response.text) == (200, "whole")


@pytest.mark.parametrize("direction", ["request", "response"])
def test_stream_that_waits_for_the_origin_is_closed(any_streams, direction):
    started = [any_streams.start(unique_path() + "?delay=3&body=whole") for _ in CALLBACKS]
    for callback, (_, name) in zip(CALLBACKS, started):
        assert any_streams.act(callback, f"close-{direction}", name) == (OK, OK)
    for connection, _ in started:
        assert_closed(connection)


@pytest.mark.parametrize("callback", ["tick", "call", "queue", "request"])
def test_stream_without_response_callbacks_is_closed_while_it_waits_for_the_origin(deaf_streams, callback):
    connection, name = deaf_streams.start(unique_path() + "?delay=3&body=whole")
    assert deaf_streams.act(callback, "close-request", name) == (OK, OK)
    assert_closed(connection)
    deaf_streams.assert_all_end()


# ----------------------------------------------------------------------------------------------- a stream that is over

@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("function, direction", FUNCTIONS)
def test_stream_that_has_ended_is_unknown(streams, callback, function, direction):
    assert streams.act(callback, f"{function}-{direction}", streams.ended()) == (BAD_ARGUMENT, -1)


@pytest.mark.parametrize("paused", ["request", "response"])
@pytest.mark.parametrize("function", ["continue", "old", "close"])
def test_client_that_has_gone_does_no_harm(any_streams, function, paused):
    held = [any_streams.held(paused) for _ in CALLBACKS]
    for connection, _ in held:
        connection.close()
    time.sleep(0.05)
    for callback, (_, name) in zip(CALLBACKS, held):
        result = any_streams.act(callback, f"{function}-{paused}", name)
        assert result in ((OK, OK), (BAD_ARGUMENT, -1))
    assert_answered(any_streams.start()[0])
    any_streams.assert_all_end()


# ------------------------------------------------------------------------------------------- proxy_clear_route_cache

def test_route_can_be_cleared_until_remap_has_chosen_one(streams):
    connection, name = streams.held("request")
    for callback in CALLBACKS:
        assert streams.act(callback, "clear", name) == (OK, OK)
    assert streams.act("tick", "continue-request", name) == (OK, OK)
    assert_answered(connection)
    connection, name = streams.held("response")
    for callback in CALLBACKS:
        assert streams.act(callback, "clear", name) == (OK, BAD_ARGUMENT)
    connection.close()


def test_rule_has_chosen_the_route_already(rule_streams):
    connection, name = rule_streams.held("request")
    for callback in CALLBACKS:
        assert rule_streams.act(callback, "clear", name) == (OK, BAD_ARGUMENT)
    connection.close()


# -------------------------------------------------------------------------------------------------- vm_scope: process

@pytest.mark.parametrize("callback", CALLBACKS)
@pytest.mark.parametrize("function, direction", CONTINUING)
def test_stream_of_another_thread_is_continued(process_streams, callback, function, direction):
    for _ in range(4):
        connection, name = process_streams.held(direction)
        assert process_streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
        assert_answered(connection)


@pytest.mark.parametrize("paused", ["request", "response"])
@pytest.mark.parametrize("function, direction", CLOSING)
def test_stream_of_another_thread_is_closed(process_streams, function, direction, paused):
    held = [process_streams.held(paused) for _ in CALLBACKS * 2]
    for callback, (_, name) in zip(CALLBACKS * 2, held):
        assert process_streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
    for connection, _ in held:
        assert_closed(connection)


@pytest.mark.parametrize("paused", ["request", "response"])
def test_stream_of_another_thread_is_answered(process_streams, paused):
    for _ in range(3):
        for callback in CALLBACKS:
            connection, name = process_streams.held(paused)
            assert process_streams.act(callback, "reply", name) == (OK, OK)
            with connection:
                response = connection.read_response()
            assert (response.status, response.body, response.headers.get("x-replied")) == (403, b"replied", "yes")


def test_stream_of_another_thread_that_does_not_wait_is_not_answered(process_streams):
    """It is not known there how far it is."""
    results = set()
    for _ in range(8):
        connection, name = process_streams.start(unique_path() + "?delay=1.5&body=done")
        results.add(process_streams.act("tick", "reply", name))
        with connection:
            assert connection.read_response().status in (200, 403)
    assert (OK, BAD_ARGUMENT) in results and results <= {(OK, OK), (OK, BAD_ARGUMENT)}


def test_response_that_is_on_its_way_is_not_cut_off(streams):
    connection, name = streams.start(unique_path() + "?size=30000000")
    connection.socket.recv(1, socket.MSG_PEEK)
    assert streams.act("tick", "close-response", name) == (OK, OK)
    with connection:
        response = connection.read_response()
    assert (response.status, len(response.body)) == (200, 30000000)
