# SPDX-License-Identifier: Apache-2.0
"""Trailers of requests and responses: what modules see and make of them, and what goes over the wire, byte by byte."""

import re
import gzip
import re
import time
from urllib.parse import quote

import pytest

from harness.bodies import Bodies, counts, over_tls, server_options
from harness.configuration import global_plugin
from harness.content import Content
from harness.http1 import ProtocolError, format_request
from harness.raw_origin import RawOrigin
from harness.scripted import unique_path
from harness.server import remap_rule, tls_remap_rule
from harness.upload import Upload

FILTERS = {
    "do": {}, "second": {}, "buffer": {"request_body": "buffer", "response_body": "buffer"},
    "off": {"request_body": "off", "response_body": "off"}, "closed": {"fail_open": False},
    "origin": {"response_phase": "origin"}, "shown": {"allow_on_headers_stop_iteration": True},
    "requests": {"module": "request_bodies"}, "responses": {"module": "response_bodies"},
}
HOSTS = {**{name: [name] for name in FILTERS}, "none": [], "chain": ["do", "second"], "phases": ["do", "origin"]}
TRAILERS = [("x-a", "1"), ("X-B", "two words"), ("x-a", "3")]
LINES = b"x-a: 1\r\nX-B: two words\r\nx-a: 3\r\n"
MANY = [(f"x-{number}", "v") for number in range(100)]
SEE = "do-note"


@pytest.fixture(scope="module")
def raw():
    with RawOrigin() as origin:
        yield origin
        assert not origin.violations


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, raw, certificates):
    options = server_options(origin, FILTERS, HOSTS, certificates=certificates)
    options["remap"] += [rule("raw.test", raw.port, *options["remap"][0].split()[3:])
                         for rule in (remap_rule, tls_remap_rule)]
    return Bodies(start_shared_server(**options), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


def query(trailers, **keys):
    """The query for an origin that sends trailers."""
    return "&".join([*(f"{key}={value}" for key, value in keys.items()), "framing=chunked",
                     *(f"trailer={quote(f'{name}:{value}')}" for name, value in trailers)])


# ------------------------------------------------------------------------------------------------------------ requests

def upload(bodies, script, trailers=TRAILERS, content=b"body", host="do", connection=None, **options):
    """A POST in chunks; what the origin got."""
    path = unique_path()
    response = bodies.ask("body=done", Upload(content, "chunked", trailers=trailers, **options), request=script,
                          path=path, host=host, name=host if host not in HOSTS or len(HOSTS[host]) == 1 else "do",
                          connection=connection)
    assert (response.status, response.body) == (200, b"done")
    request, = bodies.origin.wait_for(path)
    assert request.complete
    return request


@pytest.mark.parametrize("host", ["none", "do", "buffer", "off", "requests", "responses", "chain", "origin", "shown"])
@pytest.mark.parametrize("size", [0, 4, 70000, 1000003])
def test_request_trailers_pass(bodies, host, size):
    for script in ("", "hold", "look", "upper"):
        request = upload(bodies, script, content=Content.of(size), host=host)
        assert (request.size, list(request.trailers)) == (size, TRAILERS)
        assert request.framing == "chunked"


@pytest.mark.parametrize("script, lines", [
    ("", LINES), ("upper", LINES),
    ("trailer-set=x-a:new", b"x-a: new\r\nX-B: two words\r\n"),
    ("trailer-remove=x-a", b"X-B: two words\r\n"),
    ("trailer-add=x-c:4 trailer-add=x-a:5", LINES + b"x-c: 4\r\nx-a: 5\r\n"),
    ("trailer-set=x-d:6 hold", LINES + b"x-d: 6\r\n"),
    ("trailer-set=x-a: hold upper", b"x-a: \r\nX-B: two words\r\n"),
])
def test_request_trailers_are_changed_and_nothing_else(bodies, raw, script, lines):
    path = unique_path()
    with bodies.server.connect() as connection:
        connection.send(format_request("POST", path, [("Host", "raw.test"), ("do-request-body", script),
                                                      ("Transfer-Encoding", "chunked")])
                        + b"4;a=b\r\nbody\r\n0\r\n" + LINES + b"\r\n")
        assert connection.read_response().status == 200
    request, = raw.requests[path]
    body = b"BODY" if "upper" in script else b"body"
    assert request.body == b"4\r\n" + body + b"\r\n0\r\n" + lines + b"\r\n"
    assert b"content-length" not in request.head.lower()
    assert request.head.lower().count(b"transfer-encoding: chunked") == 1


def test_request_whose_trailers_are_all_removed_has_a_length(bodies):
    for script in ("trailer-remove=x-a trailer-remove=x-b", "hold trailer-remove=x-a trailer-remove=X-B"):
        request = upload(bodies, script)
        assert (request.framing, request.body, list(request.trailers)) == ("length", b"body", [])


def test_body_callbacks_never_say_the_end_before_trailers(bodies):
    requests = [(size, upload(bodies, f"count {script}", content=Content.of(size)))
                for size in (0, 10, 200000) for script in ("", "hold", "look")]
    for size, request in requests:
        seen = counts(bodies.notes_of(request.path), "request")
        assert (seen["bytes"], seen["ends"], seen["trailers"], seen["alone"]) == (size, 0, 3, 0)


def test_request_trailers_are_read_in_their_callback(bodies):
    path = unique_path()
    response = bodies.ask("body=done", Upload(b"body", "chunked", trailers=TRAILERS), request="trailer-see", path=path)
    notes = [note for note in response.headers.all(SEE) if "trailer " in note]
    assert notes == ["request trailer x-a=1;", "request trailer x-b=two words;", "request trailer x-a=3;"]


def test_plugin_that_cannot_be_told_of_trailers_is_told_the_end(bodies):
    """Nobody gets a body past a filter by sending trailers behind it."""
    for size in (0, 10, 100000):
        content = Content.of(size)
        request = upload(bodies, "hold upper append=END", content=content, host="requests")
        assert (request.size, list(request.trailers)) == (size + 3, TRAILERS)
        assert request.body.endswith(b"END")
        response = bodies.get(query(TRAILERS, content=size), "hold upper append=END", host="responses")
        assert response.body.endswith(b"END")
        assert (len(response.body), list(response.trailers)) == (size + 3, TRAILERS)


def test_trailers_are_properties(bodies):
    response = bodies.ask("body=done", Upload(b"body", "chunked", trailers=TRAILERS),
                          request="trailer-property=request.trailers.x-a")
    assert "property 0 [1,3]" in response.headers.all(SEE)
    path = unique_path()
    bodies.get(query(TRAILERS, body="body"), "count trailer-property=response.trailers.x-b", path=path)
    assert "property 0 [two words]" in bodies.notes_of(path)


@pytest.mark.parametrize("script", ["trailer-pause=60", "hold trailer-pause=60",
                                    "trailer-pause=60 trailer-set=x-a:7"])
def test_pause_in_request_trailers_holds_them(bodies, script):
    for size in (4, 100000):
        begin = time.monotonic()
        request = upload(bodies, script, content=Content.of(size))
        assert time.monotonic() - begin >= 0.05
        assert (request.size, len(request.trailers)) == (size, 2 if "set" in script else 3)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("script", ["trailer=x-new:1", "hold trailer=x-new:1", "upper trailer=x-new:1"])
def test_module_adds_request_trailers_with_the_last_piece(bodies, framing, script):
    for size in (3, 200000):
        path = unique_path()
        bodies.ask("body=done", Upload(Content.of(size), framing), request=script, path=path)
        request, = bodies.origin.wait_for(path)
        assert (request.complete, request.size, list(request.trailers)) == (True, size, [("x-new", "1")])


def test_trailers_behind_a_length_are_refused(bodies):
    """A plugin that cannot change a body leaves it its length, behind which there are none."""
    path = unique_path()
    bodies.ask("body=done", Upload(Content.of(10), "length"), request="look", path=path)
    request, = bodies.origin.wait_for(path)
    assert (request.framing, list(request.trailers)) == ("length", [])


def test_request_trailers_go_through_a_chain(bodies):
    path = unique_path()
    bodies.ask("body=done", Upload(b"body", "chunked", trailers=TRAILERS), request="hold trailer-set=x-a:first",
               headers=[("second-request-body", "trailer-add=x-a:second upper")], host="chain", name="do", path=path)
    request, = bodies.origin.wait_for(path)
    assert (request.body, list(request.trailers)) == \
        (b"BODY", [("x-a", "first"), ("X-B", "two words"), ("x-a", "second")])


@pytest.mark.parametrize("script", ["trailer-pause=30", "hold trailer-pause=30", ""])
@pytest.mark.parametrize("second", ["trailer-pause=30", "hold trailer-pause=30", "pause=30 trailer-add=x-z:9"])
def test_request_trailers_go_through_segments(bodies, script, second):
    """Plugins of two phases are two streams."""
    path = unique_path()
    bodies.ask("body=done", Upload(Content.of(50000), "chunked", trailers=TRAILERS), request=script,
               headers=[("origin-request-body", second)], host="phases", name="do", path=path)
    request, = bodies.origin.wait_for(path)
    expected = TRAILERS + ([("x-z", "9")] if "x-z" in second else [])
    assert (request.size, list(request.trailers)) == (50000, expected)


@pytest.mark.parametrize("status", [403, 200])
def test_reply_in_request_trailers(bodies, status):
    for script in (f"reply-trailers={status}", f"hold reply-trailers={status}"):
        path = unique_path()
        response = bodies.ask("body=origin", Upload(b"body", "chunked", trailers=TRAILERS), request=script, path=path)
        assert (response.status, response.body) == (status, b"replied")
        assert not any(request.complete for request in bodies.origin.to(path))


@pytest.mark.parametrize("script", ["close-trailers", "hold close-trailers"])
def test_module_closes_in_request_trailers(bodies, script):
    path = unique_path()
    with pytest.raises((ProtocolError, ConnectionError)):
        bodies.ask("", Upload(b"body", "chunked", trailers=TRAILERS), request=script, path=path)
    assert not any(request.complete for request in bodies.origin.to(path))


def test_trap_in_request_trailers(bodies):
    request = upload(bodies, "trap-trailers")
    assert (request.body, list(request.trailers)) == (b"body", TRAILERS)
    time.sleep(0.2)
    path = unique_path()
    response = bodies.ask("", Upload(b"body", "chunked", trailers=TRAILERS), request="trap-trailers", host="closed",
                          path=path)
    assert response.status == 503
    assert not any(request.complete for request in bodies.origin.to(path))
    time.sleep(0.2)


BROKEN_LINES = {
    "no colon": b"x-a 1\r\n", "no name": b": 1\r\n", "space before the colon": b"x-a : 1\r\n",
    "folded": b"x-a: 1\r\n 2\r\n", "bare line feed": b"x-a: 1\nx-b: 2\r\n", "NUL": b"x-a: \x001\r\n",
    "return within": b"x-a: 1\rx-b: 2\r\n", "pseudo-header": b":path: /\r\n", "blank name": b" : 1\r\n",
    "too many": b"".join(b"x-%d: 1\r\n" % number for number in range(101)), "too long": b"x-a: %s\r\n" % (b"1" * 70000),
    "no end": b"x-a: 1\r\n\n",
}


@pytest.mark.parametrize("lines", BROKEN_LINES.values(), ids=BROKEN_LINES)
@pytest.mark.parametrize("script", ["", "hold", "trailer-see"])
def test_broken_request_trailers_never_make_a_whole_request(bodies, origin, lines, script):
    path = unique_path()
    hidden = unique_path()
    with bodies.server.connect(timeout=5) as connection:
        connection.send(format_request("POST", f"{path}?body=done", [
            ("Host", "do.test"), ("do-request-body", script), ("Transfer-Encoding", "chunked")])
            + b"4\r\nbody\r\n0\r\n" + lines + b"\r\n" + format_request("GET", hidden, [("Host", "do.test")]))
        try:
            assert connection.read_response().status == 400
        except ConnectionError:
            pass  # what it has sent was not read when it was answered
    assert not any(request.complete for request in origin.wait_for(path, timeout=0.05))
    assert not origin.to(hidden)
    assert upload(bodies, "").body == b"body"


def test_many_and_long_request_trailers(bodies):
    assert list(upload(bodies, "", trailers=MANY).trailers) == MANY
    long = [("x-long", "v" * 60000)]
    assert list(upload(bodies, "hold", trailers=long).trailers) == long


FORBIDDEN = ["Content-Length", "transfer-encoding", "Host", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade",
             "proxy-connection"]


@pytest.mark.parametrize("script", ["", "hold", "trailer-see"])
def test_fields_that_say_where_a_message_ends_are_no_trailers(bodies, script):
    trailers = [(name, "5") for name in FORBIDDEN] + [("x-a", "1")]
    assert list(upload(bodies, script, trailers=trailers).trailers) == [("x-a", "1")]
    response = bodies.get(query(trailers, body="body"), script)
    assert (response.body, list(response.trailers)) == (b"body", [("x-a", "1")])


def test_module_cannot_add_such_fields(bodies):
    names = [name for name in FORBIDDEN] + [":path", ":status"]
    script = " ".join(["count", *(f"trailer-add={name}:5 trailer-set={name}:5" for name in names), "trailer-add=x-z:9"])
    request = upload(bodies, script)
    assert list(request.trailers) == [*TRAILERS, ("x-z", "9")]
    refused = [note for note in bodies.notes_of(request.path) if "refused 2" in note]
    assert len(refused) == 2 * len(names)


def test_module_cannot_add_without_end(bodies):
    words = " ".join(f"trailer-add=x-{number}:{'v' * 10}" for number in range(90))
    trailers = [(f"y-{number}", "1") for number in range(50)]
    request = upload(bodies, f"count {words}", trailers=trailers)
    assert len(request.trailers) == 100
    assert any("refused 2" in note for note in bodies.notes_of(request.path))


@pytest.mark.parametrize("host", ["none", "do"])
def test_trailers_of_http2_requests_are_lost(bodies, host):
    """With or without a filter: Traffic Server 9.2 takes those away that the header announces, and takes others for an
    error of the connection."""
    for size in (4, 100000):
        upload = Upload(Content.of(size), "none", trailers=[("x-a", "1")])
        path = unique_path()
        with bodies.server.connect_http2() as connection:
            bodies.ask("body=done", upload, headers=[("trailer", "x-a")], host=host, name="do", path=path,
                       connection=connection)
        request, = bodies.origin.wait_for(path)
        assert (request.complete, request.size, list(request.trailers)) == (True, size, [])
        with bodies.server.connect_http2() as connection, pytest.raises(ProtocolError, match="GOAWAY"):
            bodies.ask("", upload, host=host, name="do", connection=connection)


def test_client_that_leaves_amid_its_trailers_leaves_no_whole_request(bodies, origin):
    for script in ("", "hold", "trailer-pause=20"):
        path = unique_path()
        with bodies.server.connect() as connection:
            connection.send(format_request("POST", path, [("Host", "do.test"), ("do-request-body", script),
                                                          ("Transfer-Encoding", "chunked")])
                            + b"4\r\nbody\r\n0\r\nx-a: 1\r\nx-b")
            time.sleep(0.02)
        assert not any(request.complete for request in origin.wait_for(path, timeout=0.05))
    assert upload(bodies, "").body == b"body"


def test_request_framing_cut_anywhere(bodies, raw):
    message = b"4\r\nbody\r\n0\r\n" + LINES + b"\r\n"
    for at in range(1, len(message), 3):
        path = unique_path()
        with bodies.server.connect() as connection:
            connection.send(format_request("POST", path, [("Host", "raw.test"), ("do-request-body", "hold"),
                                                          ("Transfer-Encoding", "chunked")]) + message[:at])
            time.sleep(0.002)
            connection.send(message[at:])
            assert connection.read_response().status == 200
        assert raw.requests[path][0].body == message


def test_requests_with_trailers_on_one_connection(bodies):
    with bodies.server.connect() as connection:
        for number in range(20):
            request = upload(bodies, ("", "hold", "trailer-pause=1")[number % 3], connection=connection,
                             content=Content.of(number * 1000))
            assert (request.size, list(request.trailers)) == (number * 1000, TRAILERS)


# ----------------------------------------------------------------------------------------------------------- responses

def ask_raw(bodies, raw, pieces, script="", version="1.1", host="raw"):
    """What a client gets to the last byte, of an answer that the origin sends in pieces."""
    path = unique_path()
    raw.answers[path] = pieces
    with bodies.server.connect() as connection:
        request = format_request("GET", path, [("Host", f"{host}.test"), ("do-response-body", script),
                                               ("Connection", "close")])
        connection.send(request.replace(b"HTTP/1.1", b"HTTP/" + version.encode()))
        received = b"".join(connection.reader.rest())
    head, _, body = received.partition(b"\r\n\r\n")
    return head, body


HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
MESSAGE = b"4\r\nbody\r\n0\r\n" + LINES + b"\r\n"


@pytest.mark.parametrize("script, lines", [
    ("", LINES), ("upper", LINES), ("hold", LINES),
    ("trailer-set=x-a:new", b"x-a: new\r\nX-B: two words\r\n"),
    ("trailer-remove=x-a hold", b"X-B: two words\r\n"),
    ("trailer-add=x-c:4 trailer-add=x-a:5", LINES + b"x-c: 4\r\nx-a: 5\r\n"),
    ("trailer-pause=20", LINES), ("headers=20 trailer-set=x-d:6", LINES + b"x-d: 6\r\n"),
])
@pytest.mark.parametrize("pieces", [[HEAD + MESSAGE], [HEAD, MESSAGE], [HEAD + MESSAGE[:12], 0.01, MESSAGE[12:]],
                                    [HEAD, 0.02, MESSAGE[:20], 0.02, MESSAGE[20:]],
                                    [b"HTTP/1.1 103 Early\r\n\r\n" + HEAD + MESSAGE]],
                         ids=["at once", "header first", "amid", "amid trailers", "interim"])
def test_response_trailers_are_changed_and_nothing_else(bodies, raw, script, lines, pieces):
    head, body = ask_raw(bodies, raw, pieces, script)
    if b"103 Early" in head:
        head, _, body = body.partition(b"\r\n\r\n")
    expected = b"BODY" if "upper" in script else b"body"
    assert body == b"4\r\n" + expected + b"\r\n0\r\n" + lines + b"\r\n"
    assert head.startswith(b"HTTP/1.1 200")
    assert b"content-length" not in head.lower()
    assert head.lower().count(b"transfer-encoding: chunked") == 1


def test_response_framing_cut_anywhere(bodies, raw):
    message = HEAD + MESSAGE
    for at in range(10, len(message)):
        for wait in ((), (0.003,)) if at > len(HEAD) else ((),):
            _, body = ask_raw(bodies, raw, [message[:at], *wait, message[at:]], "look")
            # A body that comes apart goes out apart.
            assert re.sub(rb"\d\r\n(\w+)\r\n", rb"\1", body) == b"body0\r\n" + LINES + b"\r\n"


@pytest.mark.parametrize("host", ["none", "do", "buffer", "off", "requests", "responses", "chain", "origin", "phases",
                                  "shown"])
@pytest.mark.parametrize("size", [0, 4, 70000, 1000003])
def test_response_trailers_pass(bodies, host, size):
    name = HOSTS[host][0] if HOSTS[host] else "do"
    with bodies.connect() as connection:
        for script in ("", "hold", "upper"):
            content = Content.of(size, 1)
            filtered = host not in ("none", "off", "requests") and script == "upper"
            response = bodies.get(query(TRAILERS, content=size), script, host=host, name=name, connection=connection,
                                  expected=content.upper() if filtered else content)
            assert (response.status, response.difference, list(response.trailers)) == (200, None, TRAILERS)


def test_response_trailers_are_counted(bodies):
    asked = [(size, unique_path(), script) for size in (0, 10, 200000) for script in ("", "hold", "look")]
    for size, path, script in asked:
        bodies.get(query(TRAILERS, content=size), f"count trailer-see {script}", path=path)
    for size, path, _ in asked:
        notes = bodies.notes_of(path)
        seen = counts(notes, "response")
        assert (seen["bytes"], seen["ends"], seen["trailers"], seen["alone"]) == (size, 0, 3, 0)
        assert "response trailer x-b=two words;" in notes


def test_header_is_made_from_a_trailer_while_headers_wait(bodies):
    for size in (0, 5, 50000):
        response = bodies.get(query(TRAILERS, content=size), "hold-headers trailer-to-header=x-b", host="shown")
        assert (len(response.body), list(response.trailers)) == (size, TRAILERS)
        assert response.headers.all("x-b") == ["two words"]


@pytest.mark.parametrize("size", [3, 200000])
@pytest.mark.parametrize("script", ["trailer=x-new:1", "hold trailer=x-new:1", "upper trailer=x-new:1"])
def test_module_adds_response_trailers_with_the_last_piece(bodies, script, size):
    for framing in ("length", "chunked", "close"):
        response = bodies.get(f"content={size}&framing={framing}", script)
        assert (len(response.body), list(response.trailers)) == (size, [("x-new", "1")])


def test_response_without_trailers_is_as_it_was(bodies):
    for script in ("", "upper", "hold"):
        response = bodies.get("content=50&framing=length", script)
        assert response.headers.get("Content-Length") == "50"
        response = bodies.get("content=50&framing=chunked", script)
        assert (len(response.body), list(response.trailers)) == (50, [])
        response = bodies.get(query(TRAILERS, content=50), f"{script} trailer-remove=x-a trailer-remove=x-b")
        assert (len(response.body), list(response.trailers)) == (50, [])


def test_response_trailers_go_through_segments(bodies):
    """Plugins of two phases, that of the origin first."""
    for script, second in (("", ""), ("trailer-pause=20", "trailer-pause=20"), ("hold trailer-pause=20", "hold"),
                           ("pause=20", "hold trailer-pause=20")):
        response = bodies.get(query(TRAILERS, content=50000), f"{script} trailer-add=x-z:client", host="phases",
                              name="do", headers=[("origin-response-body", f"{second} trailer-add=x-z:origin")])
        assert (len(response.body), list(response.trailers)) == \
            (50000, [*TRAILERS, ("x-z", "origin"), ("x-z", "client")])


@pytest.mark.parametrize("status", [403, 200])
def test_reply_in_response_trailers(bodies, status):
    with bodies.connect() as connection:
        for size in (0, 5, 100000):
            response = bodies.get(query(TRAILERS, content=size), f"hold reply-trailers={status}",
                                  connection=connection)
            assert (response.status, response.body, list(response.trailers)) == (status, b"replied", [])


def test_reply_after_the_response_has_begun_is_refused(bodies):
    path = unique_path()
    response = bodies.get(query(TRAILERS, content=200000, piece=10000, pause=0.001), "count reply-trailers=403",
                          path=path)
    assert (len(response.body), list(response.trailers)) == (200000, TRAILERS)
    assert any("reply refused" in note for note in bodies.notes_of(path))


def test_module_closes_or_traps_in_response_trailers(bodies):
    for script in ("close-trailers", "hold close-trailers"):
        with pytest.raises((ProtocolError, ConnectionError)):
            bodies.get(query(TRAILERS, content=100), script)
    response = bodies.get(query(TRAILERS, content=100), "trap-trailers")
    assert (len(response.body), list(response.trailers)) == (100, TRAILERS)
    time.sleep(0.2)


@pytest.mark.parametrize("script", ["", "upper", "hold"])
def test_client_of_http_1_0_gets_no_trailers_and_modules_see_them(bodies, raw, script):
    head, body = ask_raw(bodies, raw, [HEAD + MESSAGE], f"{script} trailer-see", version="1.0")
    assert body == (b"BODY" if script == "upper" else b"body")
    assert b"transfer-encoding" not in head.lower()


def test_client_of_http2_gets_no_trailers_and_modules_see_them(bodies):
    """Traffic Server 9.2 has no way to send any."""
    paths = []
    with bodies.server.connect_http2() as connection:
        for script in ("", "upper", "hold", "trailer-add=x-z:9", "trailer=x-z:9"):
            for size in (0, 100, 300000):
                paths.append(unique_path())
                content = Content.of(size, 1)
                response = bodies.get(query(TRAILERS, content=size), f"count {script}", path=paths[-1],
                                      connection=connection,
                                      expected=content.upper() if script == "upper" else content)
                assert (response.status, response.difference, list(response.trailers)) == (200, None, [])
    for path in paths:
        assert counts(bodies.notes_of(path), "response")["trailers"] == 3


@pytest.mark.parametrize("lines", [BROKEN_LINES[name] for name in BROKEN_LINES if name != "no end"],
                         ids=[name for name in BROKEN_LINES if name != "no end"])
@pytest.mark.parametrize("pieces", [1, 2])
def test_broken_response_trailers_are_dropped_and_logged(bodies, raw, lines, pieces):
    since = len(bodies.server.log())
    message = b"4\r\nbody\r\n0\r\n" + lines + b"\r\n"
    _, body = ask_raw(bodies, raw, [HEAD + message] if pieces == 1 else [HEAD, 0.005, message], "look")
    assert body == b"body" or body == b"4\r\nbody\r\n0\r\n\r\n"
    bodies.server.wait_for_log(r"trailers of a response.* dropped", since=since)


def test_many_and_long_response_trailers(bodies):
    for trailers in (MANY, [("x-long", "v" * 60000)]):
        response = bodies.get(query(trailers, content=70000), "upper")
        assert (len(response.body), list(response.trailers)) == (70000, trailers)


def test_responses_with_trailers_on_kept_connections(bodies, origin):
    with bodies.connect() as connection:
        numbers = set()
        for number in range(30):
            path = unique_path()
            size = number * 3000
            response = bodies.get(query(TRAILERS, content=size), ("", "hold", "upper")[number % 3], path=path,
                                  connection=connection)
            assert (len(response.body), list(response.trailers)) == (size, TRAILERS)
            numbers.add(origin.to(path)[0].connection)
        assert len(numbers) <= 2


def test_slow_client_gets_all_and_the_trailers(bodies):
    with bodies.server.connect() as connection:
        connection.send(format_request("GET", unique_path() + "?" + query(TRAILERS, content=6000000), [
            ("Host", "do.test"), ("do-response-body", "upper")]))
        time.sleep(0.3)
        response = connection.read_response(expected=Content.of(6000000, 1).upper())
        assert (response.difference, list(response.trailers)) == (None, TRAILERS)


def test_client_that_leaves_before_trailers_does_no_harm(bodies):
    for script in ("", "hold", "trailer-pause=30", "headers=30"):
        for size in (10, 2000000):
            with bodies.server.connect() as connection:
                connection.send(format_request("GET", unique_path() + "?" + query(TRAILERS, content=size), [
                    ("Host", "do.test"), ("do-response-body", script)]))
                time.sleep(0.005)
    response = bodies.get(query(TRAILERS, content=100), "")
    assert list(response.trailers) == TRAILERS


def test_origin_that_breaks_off_amid_trailers(bodies, raw):
    for script in ("", "hold"):
        head, body = ask_raw(bodies, raw, [HEAD + b"4\r\nbody\r\n0\r\nx-a: 1\r\nx-b", None], script)
        assert b"0\r\n\r\n" not in body and b"x-a" not in body
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 502")) or head == b""


# --------------------------------------------------------------------------------------------------------------- cache

@pytest.mark.parametrize("size", [5, 100000])
@pytest.mark.parametrize("script", ["", "upper", "hold"])
def test_cached_object_has_no_framing_and_no_trailers(bodies, origin, script, size):
    for host in ("do", "origin"):
        path = unique_path()
        content = Content.of(size, 1).upper() if script == "upper" else Content.of(size, 1)
        for number in range(3):
            response = bodies.get(query(TRAILERS, content=size, cache=60), script, host=host, path=path,
                                  expected=content)
            assert (response.status, response.difference) == (200, None)
            assert list(response.trailers) == (TRAILERS if number == 0 and host == "do" else [])
            time.sleep(0.02)
        assert len(origin.to(path)) == 1


def test_module_adds_trailers_to_what_comes_from_the_cache(bodies, origin):
    path = unique_path()
    for _ in range(2):
        response = bodies.get("content=100000&cache=60", "upper trailer=x-new:1", path=path,
                              expected=Content.of(100000, 1).upper())
        assert (response.difference, list(response.trailers)) == (None, [("x-new", "1")])
    assert len(origin.to(path)) == 1
    response = bodies.get("content=100000&cache=60", "", path=path, expected=Content.of(100000, 1))
    assert (response.difference, list(response.trailers)) == (None, [])


def test_response_that_must_not_be_cached_keeps_its_trailers_in_the_origins_phase(bodies):
    for size in (5, 100000):
        response = bodies.get(query(TRAILERS, content=size, header="Cache-Control:no-store"), "upper", host="origin")
        assert (len(response.body), list(response.trailers)) == (size, TRAILERS)


# ------------------------------------------------------------------------------------------------------------- servers

def test_origin_over_tls(start_server, certificates):
    with RawOrigin(certificates.server_context()) as raw:
        bodies = Bodies(start_server(**over_tls(server_options(raw, {"do": {}}, {"do": ["do"]}), raw)), raw)
        for pieces in ([HEAD + MESSAGE], [HEAD, 0.01, MESSAGE[:8], 0.01, MESSAGE[8:20], MESSAGE[20:]],
                       [HEAD, *[b"10000\r\n" + b"x" * 65536 + b"\r\n"] * 20, MESSAGE]):
            head, body = ask_raw(bodies, raw, pieces, "look trailer-add=x-z:9", host="do")
            assert body.endswith(b"\r\n0\r\n" + LINES + b"x-z: 9\r\n\r\n")
            assert body.count(b"x") >= (20 * 65536 if len(pieces) > 10 else 0)
        path = unique_path()
        with bodies.server.connect() as connection:
            connection.send(format_request("POST", path, [("Host", "do.test"), ("Transfer-Encoding", "chunked")])
                            + MESSAGE)
            assert connection.read_response().status == 200
        assert raw.requests[path][0].body == MESSAGE


def test_operator_who_drops_trailers(start_server, origin):
    server = start_server(**server_options(origin, {"do": {}}, {"do": ["do"]},
                                           records={"http.drop_chunked_trailers": 1}))
    bodies = Bodies(server, origin)
    assert list(upload(bodies, "trailer-add=x-c:1").trailers) == []
    response = bodies.get(query(TRAILERS, content=100000), "trailer-add=x-c:1")
    assert (len(response.body), list(response.trailers)) == (100000, [])


def test_server_that_makes_no_chunks(start_server, origin):
    server = start_server(**server_options(origin, {"do": {}}, {"do": ["do"]}, records={"http.chunking_enabled": 0}))
    bodies = Bodies(server, origin)
    response = bodies.get(query(TRAILERS, content=100000), "upper")
    assert "Transfer-Encoding" not in response.headers
    assert len(response.body) == 100000


@pytest.mark.parametrize("first", [True, False])
def test_transform_of_another_plugin_is_given_no_chunks(start_server, origin, first):
    """compress.so, before and after this plugin."""
    options = server_options(origin, {"do": {}}, {"none": []})
    ours = global_plugin("do.yaml")
    other = "compress.so compress.config"
    options["files"]["compress.config"] = "cache false\ncompressible-content-type text/*\nsupported-algorithms gzip\n" \
                                          "minimum-content-length 10\n"
    server = start_server(plugins=[other, ours] if first else [ours, other], **options)
    bodies = Bodies(server, origin, host="none")
    for size in (1000, 300000):
        response = bodies.get(query(TRAILERS, content=size, header="Content-Type:text/plain"), "upper", name="do",
                              headers=[("Accept-Encoding", "gzip")])
        assert response.headers.get("Content-Encoding") == "gzip"
        plain = gzip.decompress(response.body) if not first else response.body
        assert len(plain) == size or first
