# SPDX-License-Identifier: Apache-2.0
"""Headers that are held until the body was seen, and then changed, routed elsewhere or answered; requests that are held
until a call from a body callback has its answer."""

import time

import pytest

from harness import build
from harness.bodies import Bodies, body_filter, counts, seen_by, server_options
from harness.configuration import global_plugin
from harness.content import Content
from harness.http1 import format_request
from harness.origin import Origin
from harness.scripted import unique_path
from harness.server import remap_rule, tls_remap_rule
from harness.upload import Upload

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

WAYS = [("http1", "length"), ("http1", "chunked"), ("http2", "length"), ("http2", "none")]
FRAMINGS = ["length", "chunked", "close"]


@pytest.fixture(scope="module")
def callee():
    """The server that is called."""
    with Origin() as server:
        yield server


def held_keys(callee, **keys):
    upstreams = {"callee": {"host": "127.0.0.1", "port": callee.port}}
    return {"allow_on_headers_stop_iteration": True, "upstreams": upstreams, **keys}


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, second_origin, certificates, callee):
    """A host for each way of configuring the filter; "global.test" has it as a global plugin, "elsewhere.test" leads to
    the second origin."""
    filters = {"do": held_keys(callee), "origin": held_keys(callee, response_phase="origin"),
               "small": held_keys(callee, limits={"body": "1000"}), "second": held_keys(callee),
               "together": {"upstreams": held_keys(callee)["upstreams"]}}
    hosts = {**{name: [name] for name in filters}, "chain": ["do", "second"], "global": []}
    options = server_options(origin, filters, hosts, certificates=certificates, manager=True)
    options["remap"] += [remap_rule("elsewhere.test", second_origin.port),
                         tls_remap_rule("elsewhere.test", second_origin.port)]
    options["files"]["global.yaml"] = body_filter("global", **held_keys(callee))
    return Bodies(start_shared_server(plugins=[global_plugin("global.yaml")], **options), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


# ------------------------------------------------------------------------------------------------------------ requests


def test_held_request_without_a_body_goes_on(bodies):
    for host in ("do", "global"):
        assert bodies.ask("body=done", request="hold-headers", host=host).body == b"done"
        assert bodies.ask("body=done", Upload(b""), request="hold-headers", host=host).body == b"done"


def test_without_the_key_a_pause_in_the_headers_callback_holds_the_body(bodies):
    """Nobody continues it: the client waits, and leaves."""
    path = unique_path()
    with bodies.server.connect(timeout=0.3) as connection, pytest.raises(TimeoutError):
        bodies.ask("body=done", b"abc", request="hold-headers", host="together", path=path, connection=connection)
    assert not bodies.origin.to(path)


# ----------------------------------------------------------------------------------------------------------- responses

@pytest.mark.parametrize("protocol", ["http1", "http2"])
@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_response_headers_change_after_the_body_was_seen(bodies, host, framing, protocol):
    for size in (1, 5000, 200000):
        with bodies.connect(protocol) as connection:
            response = bodies.get(f"content={size}&framing={framing}&header=x-a:1&header=x-c:1", host=host,
                                  response="hold-headers upper append=X set=:status:418 set=x-a:changed add=x-b:added "
                                           "remove=x-c", expected=Content.of(size, 1).upper() + b"X",
                                  connection=connection)
        assert (response.status, response.difference) == (418, None)
        assert response.headers.all("x-a") == ["changed"]
        assert response.headers.all("x-b") == ["added"] and "x-c" not in response.headers
        if protocol == "http1":
            assert framing == "chunked" or response.headers.all("Content-Length") == [str(size + 1)]


@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_held_response_is_answered_with_a_local_reply(bodies, host, framing):
    for script in ("hold-headers reply-end=403", "hold-headers reply-end=200"):
        response = bodies.get(f"content=200000&framing={framing}", script, host=host)
        assert (response.status, response.body) == (int(script[-3:]), b"replied")


def test_headers_that_a_module_let_go_are_closed_to_it(bodies, origin):
    path = unique_path()
    response = bodies.ask("content=5000", Upload(Content.of(5000)), request="hold set=x-late:1",
                          response="hold set=x-late:1 count", path=path)
    assert response.headers.all("x-late") == []
    assert seen_by(origin, path).headers.all("x-late") == []
    assert bodies.notes_of(path).count("x-late refused 2") == 2


def test_held_response_without_a_body_goes_on(bodies):
    with bodies.server.connect() as connection:
        for query, method in (("status=204", "GET"), ("content=0", "GET"), ("content=10", "HEAD"),
                              ("status=304", "GET")):
            for host in ("do", "origin"):
                response = bodies.get(query, "hold-headers", method=method, host=host, connection=connection)
                assert response.body == b""


@pytest.mark.parametrize("framing", ["chunked", "close"])
def test_held_response_with_an_empty_body_is_filled(bodies, framing):
    response = bodies.get(f"content=0&framing={framing}", "hold-headers fill=FILLED set=:status:203")
    assert (response.status, response.body) == (203, b"FILLED")


@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("query", ["break=body", "break=chunk&framing=chunked", "break=reset", "break=empty"])
def test_origin_that_breaks_off_a_held_response_is_a_bad_gateway(bodies, host, query):
    for size in (100, 5000, 200000):
        for _ in range(5):
            assert bodies.get(f"content={size}&{query}", "hold-headers", host=host).status == 502


def test_error_page_ends_with_its_headers_for_a_filter_of_bodies(bodies):
    """It is not filtered: a module that held its headers would wait for the body."""
    path = unique_path()
    assert bodies.get("break=reset", "hold-headers count", path=path).status == 502
    seen = counts(bodies.notes_of(path), "response")
    assert (seen["alone"], seen["callbacks"]) == (1, 0)


def test_pause_of_an_error_page_is_continued(bodies):
    assert bodies.get("break=reset", "headers=50").status == 502


# --------------------------------------------------------------------------------------------------------------- calls

def call(path, milliseconds=5000):
    return f"call=callee,{path},{milliseconds}"


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "global"])
def test_body_callback_calls_and_goes_on_with_the_answer(bodies, origin, protocol, framing, host):
    with bodies.connect(protocol) as connection:
        path = unique_path()
        script = f"hold {call('/answer%3Fbody=YES')} call-append"
        response = bodies.ask("body=done", Upload(Content.of(5000), framing), request=script, host=host, path=path,
                              connection=connection)
        assert response.body == b"done"
        assert seen_by(origin, path).is_whole(Content.of(5000) + b"YES")


@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_response_callback_calls_and_goes_on_with_the_answer(bodies, host, framing):
    for hold in ("hold-headers", "hold"):
        response = bodies.get(f"content=5000&framing={framing}", f"{hold} {call('/answer%3Fbody=YES')} call-append",
                              host=host)
        assert response.body == bytes(Content.of(5000, 1)) + b"YES"
        assert response.headers.all("x-call") == (["200 YES"] if hold == "hold-headers" else [])


def test_call_that_times_out_lets_the_request_go_on(bodies, origin):
    path = unique_path()
    begin = time.monotonic()
    response = bodies.ask("body=done", Upload(Content.of(500)), request=f"hold {call('/%3Fdelay=5', 200)}",
                          path=path)
    assert response.body == b"done" and 0.18 < time.monotonic() - begin < 2
    assert seen_by(origin, path).is_whole(Content.of(500))


def test_refused_call_lets_the_request_go_on(bodies, origin):
    path = unique_path()
    response = bodies.ask("body=done", Upload(Content.of(500)), request="hold call=nobody,/,1000", path=path)
    assert response.body == b"done"
    assert "call refused 2" in response.headers.all("do-note")


# ---------------------------------------------------------------------------------------------------------------- load

HELD = 300 if build.sanitized() else 1000


def hold_many(bodies, number_of_round):
    """Requests with bodies, all held by a call at once: a third goes on with its answer, a third of the calls times
    out, a third of the clients leaves."""
    held = []
    for number in range(HELD):
        kind = ("answered", "timed out", "left")[number % 3]
        slow = {"answered": ("1.5", 30000), "timed out": ("20", 1800), "left": ("1.5", 30000)}[kind]
        script = f"hold upper {call('/%3Fbody=YES&delay=' + slow[0], slow[1])}"
        upload = Upload(Content.of(2000, number), ("length", "chunked")[number // 3 % 2])
        path = f"/held/{number_of_round}/{number}"
        framed = [format_request("POST", path + "?body=done", [("Host", "do.test"), ("do-request-body", script),
                                                               *upload.headers()])]
        upload.send(framed.append)
        connection = bodies.server.connect(timeout=60)
        connection.send(b"".join(framed))
        held.append((kind, path, upload, connection))
    for kind, _, _, connection in held:
        if kind == "left":
            connection.close()
    for kind, path, upload, connection in held:
        if kind != "left":
            assert connection.read_response().body == b"done"
            assert seen_by(bodies.origin, path).is_whole(upload.content.upper())
            connection.close()
    return [path for kind, path, _, _ in held if kind == "left"]


def test_thousand_held_requests_with_bodies_leave_nothing_behind(start_server, origin, callee):
    options = server_options(origin, {"do": held_keys(callee, limits={"calls_in_flight": 5000})}, {"do": ["do"]},
                             records={"net.connections_throttle": 10000})
    server = start_server(manager=True, **options)
    bodies = Bodies(server, origin)
    memory = []
    for number in range(3):
        hold_many(bodies, number)
        assert server.settle("proxywasm.calls_in_flight") == 0
        assert server.settle("proxywasm.streams") == 0
        memory.append(server.memory_kilobytes())
    server.check()
    assert server.metric("proxywasm.traps") == 0
    assert not bodies.complaints()
    # The server keeps what it has allocated at the busiest moment, which is not the same in each round.
    assert build.sanitized() or memory[2] - memory[1] < 32 << 10, memory
