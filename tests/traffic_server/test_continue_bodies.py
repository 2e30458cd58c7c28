# SPDX-License-Identifier: Apache-2.0
"""Streams that modules continue, close and answer from body callbacks, or while a body is paused
(modules/continuing.c with WITH_BODIES)."""

import itertools

import pytest

from harness.configuration import configuration, global_plugin, remap_plugin
from harness.http1 import format_request
from harness.scripted import unique_path
from harness.server import remap_rule
from test_continue import BAD_ARGUMENT, CLOSING, CONTINUING, OK, Streams, assert_answered, assert_closed

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

BODY = b"b" * 3000
# The callbacks of another stream from which a paused one is continued.
OTHERS = ["request", "request-body", "response-body", "tick", "call", "queue"]
numbers = itertools.count(1)


class BodyStreams(Streams):
    """Requests with a body, for which the answer has one."""

    def start(self, target=None, **words):
        name = f"b{next(numbers)}"
        pairs = [("Host", self.host), ("do-name", name), *((f"do-{key}", value) for key, value in words.items())]
        connection = self.server.connect()
        connection.send(format_request("POST", target or unique_path() + "?content=3000", pairs, BODY))
        return connection, name


def text_of(origin, **keys):
    return configuration("traffic_server/continuing_bodies", name="continuing",
                         upstreams={"callee": {"host": "127.0.0.1", "port": origin.port}}, **keys)


@pytest.fixture(scope="module", params=["global", "rule", "process"])
def streams(request, start_shared_server, origin):
    """One thread, so that all streams are in one VM; or one VM for two threads."""
    scope = {"vm_scope": "process"} if request.param == "process" else {}
    plugins = [] if request.param == "rule" else [global_plugin("continuing.yaml")]
    rule = remap_rule("a.test", origin.port, *([] if plugins else [remap_plugin("continuing.yaml")]))
    server = start_shared_server(manager=True, threads=2 if scope else 1, remap=[rule], plugins=plugins,
                                 files={"continuing.yaml": text_of(origin, **scope)})
    return BodyStreams(server, "a.test")


@pytest.mark.parametrize("callback", OTHERS)
@pytest.mark.parametrize("function, direction", CONTINUING)
def test_paused_body_is_continued(streams, callback, function, direction):
    connection, name = streams.held(f"{direction}-body")
    assert streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
    with connection:
        response = connection.read_response()
    assert (response.status, len(response.body)) == (200, 3000)


@pytest.mark.parametrize("paused", ["request", "response"])
@pytest.mark.parametrize("function, direction", CLOSING)
def test_paused_body_is_closed(streams, function, direction, paused):
    held = [streams.held(f"{paused}-body") for _ in OTHERS]
    for callback, (_, name) in zip(OTHERS, held):
        assert streams.act(callback, f"{function}-{direction}", name) == (OK, OK)
    for connection, _ in held:
        assert_closed(connection)


@pytest.mark.parametrize("paused", ["request", "response"])
def test_paused_body_is_answered(streams, paused):
    """Its headers have not gone while the first bytes are held."""
    for callback in OTHERS:
        connection, name = streams.held(f"{paused}-body")
        assert streams.act(callback, "reply", name) == (OK, OK)
        with connection:
            response = connection.read_response()
        assert (response.status, response.body) == (403, b"replied")


@pytest.mark.parametrize("direction", ["request", "response"])
@pytest.mark.parametrize("function", ["continue", "old"])
def test_body_callback_that_continues_its_own_direction_does_not_pause(streams, direction, function):
    connection, _ = streams.start(hold=f"{direction}-body", act=f"{direction}-body {function}-{direction} self")
    with connection:
        assert len(connection.read_response().body) == 3000


@pytest.mark.parametrize("callback, closed", [(callback, closed) for callback in ("request-body", "response-body")
                                              for closed in ("request", "response")])
def test_body_callback_that_closes_its_stream(streams, callback, closed):
    for connection, _ in [streams.start(hold=hold, act=f"{callback} close-{closed} self") for hold in ("no", callback)]:
        assert_closed(connection)


@pytest.mark.parametrize("callback", ["request-body", "response-body"])
def test_body_callback_that_answers(streams, callback):
    for hold in ("no", callback):
        connection, name = streams.start(hold=hold, act=f"{callback} reply self")
        with connection:
            response = connection.read_response()
        assert (response.status, response.body) == (403, b"replied")


@pytest.mark.parametrize("function, direction", CONTINUING)
def test_continuing_a_body_that_is_not_paused_does_nothing(streams, function, direction):
    for callback in ("request-body", "response-body"):
        connection, _ = streams.start(act=f"{callback} {function}-{direction} self")
        assert_answered(connection)


@pytest.mark.parametrize("function, direction", CONTINUING + CLOSING)
def test_stream_that_has_ended_is_unknown_to_body_callbacks(streams, function, direction):
    name = streams.ended()
    for callback in ("request-body", "response-body"):
        assert streams.act(callback, f"{function}-{direction}", name) == (BAD_ARGUMENT, -1)
