# SPDX-License-Identifier: Apache-2.0
"""Request bodies on their way through modules: what the origin gets is compared byte by byte, and read strictly."""

import time

import pytest

from harness.bodies import Bodies, Client, counts, filtered, over_tls, server_options
from harness.configuration import global_plugin
from harness.content import Content, difference
from harness.http1 import ProtocolError, format_request
from harness.origin import Origin
from harness.ports import refusing_port
from harness.scripted import unique_path
from harness.server import remap_rule
from harness.upload import Upload, random_sizes

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

WAYS = [("http1", "length"), ("http1", "chunked"), ("http2", "length"), ("http2", "none")]
SIZES = [1, 10, 1000, 4096, 32768, 65537, 1000003]

FILTERS = {
    "do": {}, "buffer": {"request_body": "buffer"}, "stream": {"request_body": "stream"},
    "off": {"request_body": "off"}, "small": {"limits": {"body": "1000"}}, "closed": {"fail_open": False},
    "second": {}, "alone": {"module": "request_bodies"}, "wrongmodule": {"module": "response_bodies"},
    "transaction": {"vm_scope": "transaction"}, "process": {"vm_scope": "process"},
}
FILTERS = {name: {"response_body": "off", **keys} for name, keys in FILTERS.items()}
CHAINS = {"chain": ["do", "second"], "chainback": ["second", "do"]}


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    """A host for each way of configuring the filter: "do.test", …"""
    hosts = {**{name: [name] for name in FILTERS}, **CHAINS}
    options = server_options(origin, FILTERS, hosts, certificates=certificates)
    options["remap"].append(remap_rule("refused.test", refusing_port(), *options["remap"][0].split()[3:]))
    return Bodies(start_shared_server(**options), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


def assert_came(bodies, path, expected):
    """The origin got one request for the path, with this body."""
    requests = bodies.origin.wait_for(path)
    assert len(requests) == 1
    request, = requests
    assert request.complete
    if not request.is_whole(expected):
        assert request.body is None or difference(request.body, expected) is None
        assert request.size == expected.size
        raise AssertionError("the digest differs")
    return request


def send(bodies, script, upload, connection=None, query="body=done", **options):
    """A POST, that has to be answered; returns what the origin got."""
    path = unique_path()
    expected = filtered(script, upload.content)
    response = bodies.ask(query, upload, request=script, path=path, connection=connection, **options)
    assert (response.status, response.body) == (200, b"done")
    return assert_came(bodies, path, expected)


# --------------------------------------------------------------------------------------------------------------- bytes

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("script", ["", "look", "upper", "upper hold", "append=-END", "prepend=BEGIN-",
                                    "prepend=A upper append=B hold", "prepend=A upper append=B"])
def test_each_byte_is_what_the_module_made_of_it(bodies, protocol, framing, script):
    with bodies.connect(protocol) as connection:
        for size in SIZES:
            send(bodies, script, Upload(Content.of(size), framing), connection)


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("script, expected", [("replace=OTHER", b"OTHER"), ("empty", b""), ("empty append=X", b"X")])
def test_whole_body_is_replaced(bodies, protocol, framing, script, expected):
    with bodies.connect(protocol) as connection:
        assert send(bodies, "hold " + script, Upload(Content.of(100000), framing), connection).body == expected


@pytest.mark.parametrize("protocol, framing", [("http1", "chunked"), ("http2", "none")])
@pytest.mark.parametrize("script", ["append=FILLED", "fill=FILLED", "fill=FILLED hold", "prepend=FILLED"])
def test_empty_body_without_a_length_is_filled(bodies, protocol, framing, script):
    with bodies.connect(protocol) as connection:
        assert send(bodies, script, Upload(b"", framing), connection).body == b"FILLED"


@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_request_without_a_body_stays_so(bodies, protocol):
    paths = []
    with bodies.connect(protocol) as connection:
        for upload, method in ((None, "GET"), (Upload(b""), "POST"), (None, "DELETE")):
            for script in ("append=WRONG count", "hold fill=WRONG count"):
                paths.append(unique_path())
                response = bodies.ask("body=done", upload, request=script, method=method, path=paths[-1],
                                      connection=connection)
                assert response.body == b"done"
                request = assert_came(bodies, paths[-1], Content())
                assert "Transfer-Encoding" not in request.headers
                assert request.headers.all("Content-Length") in ([], ["0"])
    for path in paths:
        seen = counts(bodies.notes_of(path), "request")
        assert (seen["alone"], seen["callbacks"]) == (1, 0)


OFFSETS = ["0,0", "0,1", "0,5", "0,max", "1,0", "1,3", "4,1", "4,2", "4,max", "5,0", "5,5", "6,0", "6,1", "max,0",
           "max,max", "4294967294,2", "0,4294967294", "3,4294967293"]


@pytest.mark.parametrize("host", ["do", "buffer"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_buffer_is_set_at_every_offset_and_size(bodies, framing, host):
    with bodies.server.connect() as connection:
        for place in OFFSETS:
            for new in ("", "X", "LONGER-THAN-ALL-OF-IT"):
                script = f"hold splice={place},{new}" if host == "do" else f"splice={place},{new}"
                send(bodies, script, Upload(b"12345", framing), connection, host=host)


def test_buffer_is_read_at_every_offset_and_size(bodies):
    places = {"0,max": "0 5 [12345]", "0,2": "0 2 [12]", "3,9": "0 2 [45]", "5,1": "0 0 []", "4,1": "0 1 [5]",
              "0,0": "0 0 []", "6,1": "0 0 []", "max,max": "2 0 []"}
    script = "hold " + " ".join(f"read={place}" for place in places)
    response = bodies.ask("body=done", b"12345", request=script)
    notes = response.headers.all("do-note")
    assert notes == [f"read {seen}" for seen in places.values()]


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_module_sees_each_byte_once_and_one_end(bodies, protocol, framing):
    sizes = {}
    with bodies.connect(protocol) as connection:
        for hold in ("", " hold"):
            for size in (1, 65536, 1000003):
                path = unique_path()
                sizes[path] = size
                bodies.ask("body=done", Upload(Content.of(size), framing), request="count look" + hold, path=path,
                           connection=connection)
    for path, size in sizes.items():
        seen = counts(bodies.notes_of(path), "request")
        assert (seen["alone"], seen["bytes"], seen["ends"], seen["trailers"]) == (0, size, 1, 0)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_body_in_random_pieces(bodies, framing):
    with bodies.server.connect() as connection:
        for seed in range(8):
            upload = Upload(Content.of(20000, seed), framing, random_sizes(seed, 5000),
                            wire=range(0, 30000, 777 + seed))
            send(bodies, ("upper", "upper hold append=X")[seed % 2], upload, connection)


def test_body_that_comes_slowly(bodies):
    for script in ("upper", "hold upper"):
        for framing in ("length", "chunked"):
            send(bodies, script, Upload(Content.of(5000), framing, sizes=[1000] * 5, pause=0.03))


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET", "OPTIONS", "MADEUP"])
def test_each_method(bodies, method):
    with bodies.server.connect() as connection:
        for framing in ("length", "chunked"):
            send(bodies, "upper append=X", Upload(Content.of(500), framing), connection, method=method)


# ------------------------------------------------------------------------------------------------------------- framing

@pytest.mark.parametrize("protocol, framing", WAYS)
def test_request_to_the_origin_has_one_right_framing(bodies, protocol, framing):
    """The origin reads strictly: both lengths, or a wrong one, would be a violation or an incomplete request."""
    with bodies.connect(protocol) as connection:
        for script in ("upper append=XY", "hold append=XY", "hold empty", "look", ""):
            request = send(bodies, script, Upload(Content.of(5000), framing), connection)
            lengths = request.headers.all("Content-Length")
            assert lengths in ([], [str(request.size)])
            assert bool(lengths) != ("Transfer-Encoding" in request.headers)


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_headers_of_the_client_pass_once(bodies, protocol, framing):
    headers = [("X-A", "1"), ("X-A", "2"), ("Content-Type", "text/plain"), ("Content-Encoding", "br")]
    with bodies.connect(protocol) as connection:
        for script in ("look", "hold upper"):
            request = send(bodies, script, Upload(Content.of(500), framing), connection, headers=headers)
            assert request.headers.all("X-A") in (["1", "2"], ["1, 2"])
            assert request.headers.all("Content-Type") == ["text/plain"]
            assert request.headers.all("Content-Encoding") == ["br"]
            assert request.headers.all("Host") == ["do.test"]


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_key_buffer_gives_the_whole_body_at_once(bodies, protocol, framing):
    with bodies.connect(protocol) as connection:
        path = unique_path()
        response = bodies.ask("body=done", Upload(Content.of(300000), framing), request="replace=WHOLE count",
                              host="buffer", path=path, connection=connection)
        assert response.status == 200
        assert assert_came(bodies, path, Content(b"WHOLE")).body == b"WHOLE"
        seen = counts(bodies.notes_of(path), "request")
        assert (seen["callbacks"], seen["bytes"], seen["ends"]) == (1, 300000, 1)


@pytest.mark.parametrize("host", ["off", "wrongmodule"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_module_that_is_not_shown_the_body_leaves_it(bodies, host, framing):
    path = unique_path()
    content = Content.of(3000)
    assert bodies.ask("body=done", Upload(content, framing), request="upper", host=host, path=path).body == b"done"
    assert assert_came(bodies, path, content).framing == framing


@pytest.mark.parametrize("host", ["alone", "stream", "transaction", "process"])
def test_each_way_of_configuring_it(bodies, host):
    with bodies.server.connect() as connection:
        for framing in ("length", "chunked"):
            for script in ("upper", "hold upper", "pause=10 upper"):
                send(bodies, script, Upload(Content.of(3000), framing), connection, host=host)


def test_connections_are_kept(bodies, origin):
    with bodies.server.connect() as connection:
        seen = set()
        for number in range(30):
            upload = Upload(Content.of(number * 7 + 1), ("length", "chunked")[number % 2])
            seen.add(send(bodies, "upper append=.", upload, connection).connection)
    assert len(seen) < 15


def test_pipelined_requests_behind_a_body(bodies, origin):
    """Traffic Server 9.2 alone does not go on behind a chunked one."""
    with bodies.server.connect() as connection:
        paths = [unique_path() for _ in range(6)]
        data = b""
        for number, path in enumerate(paths):
            upload = Upload(Content.of(3000, number))
            framed = [format_request("POST", f"{path}?body={number}", [
                ("Host", "do.test"), ("do-request-body", ("upper", "hold upper")[number % 2]), *upload.headers()])]
            upload.send(framed.append)
            data += b"".join(framed)
        connection.send(data)
        for number in range(6):
            assert connection.read_response().text == str(number)
    for number, path in enumerate(paths):
        assert_came(bodies, path, Content.of(3000, number).upper())


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_expectation_is_met_before_the_body(bodies, framing):
    for script in ("upper", "hold upper", "hold pause-end=20 upper"):
        path = unique_path()
        response = bodies.ask("body=done", Upload(Content.of(50000), framing, expect=True), request=script, path=path)
        assert (response.interim[:1], response.body) == ([100], b"done")
        assert_came(bodies, path, Content.of(50000).upper())


@pytest.mark.parametrize("when", ["early-at=0", "early-at=5000", "early-at=5000&early-pause=0.05", "",
                                  "early-pause=0.05", "early-pause=0.3"])
@pytest.mark.parametrize("protocol, framing", WAYS)
def test_interim_responses_to_an_upload_do_no_harm(bodies, protocol, framing, when):
    """Before the body, amid it, after it, and some time before the final one, which may be a while in coming."""
    with Client(bodies, protocol) as client:
        for size in (1, 10000, 300000):
            for script in ("upper", "hold upper", "look"):
                path = unique_path()
                answer = client.ask(f"body=done&early=103&early=103&{when}", Upload(Content.of(size), framing),
                                    request=script, path=path)
                assert (answer.status, answer.body) == (200, b"done"), (size, script)
                assert_came(bodies, path, filtered(script, Content.of(size)))


def test_malformed_chunks_of_a_client_never_become_a_whole_request(bodies, origin):
    for script in ("upper", "hold", ""):
        for broken in (b"xyz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcdef\r\n0\r\n\r\n", b"-1\r\n\r\n",
                       b"fffffffffffffffff\r\nab"):
            path = unique_path()
            with bodies.server.connect(timeout=3) as connection:
                connection.send(format_request("POST", f"{path}?body=done", [
                    ("Host", "do.test"), ("do-request-body", script), ("Transfer-Encoding", "chunked")]) + broken)
                try:
                    assert connection.read_response().status >= 400
                except (ProtocolError, ConnectionError, TimeoutError):
                    pass
            assert not any(request.complete for request in origin.wait_for(path, timeout=0.1))
    send(bodies, "upper", Upload(b"next"))


# -------------------------------------------------------------------------------------------------------------- chains

@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("hold", ["", "hold "])
def test_plugins_of_a_chain_see_what_the_one_before_made(bodies, framing, hold):
    headers = [("second-request-body", f"{hold}upper append=-second")]
    for host, expected in (("chain", b"BODY-FIRST-second"), ("chainback", b"BODY-second-first")):
        path = unique_path()
        bodies.ask("body=done", Upload(b"body", framing), request=f"{hold}append=-first", host=host, name="do",
                   headers=headers, path=path)
        request, = bodies.origin.wait_for(path)
        assert (request.complete, request.body) == (True, expected)


# -------------------------------------------------------------------------------------------------------------- pauses

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("script", ["pause=50 upper", "pause-end=50 upper", "headers=50 upper",
                                    "hold pause-end=50 upper", "headers=20 pause=20 upper"])
def test_body_goes_on_after_a_pause(bodies, protocol, framing, script):
    with bodies.connect(protocol) as connection:
        for size in (100, 200000):
            begin = time.monotonic()
            send(bodies, script, Upload(Content.of(size), framing), connection)
            assert time.monotonic() - begin >= 0.035


def test_many_paused_bodies_all_go_on(bodies):
    connections = [bodies.server.connect() for _ in range(60)]
    uploads = []
    for number, connection in enumerate(connections):
        script = ("pause=60 upper", "pause-end=60 upper", "headers=60 upper", "hold pause-end=60 upper")[number % 4]
        upload = Upload(Content.of(number * 300 + 1, number), ("length", "chunked")[number // 4 % 2])
        path = unique_path()
        framed = [format_request("POST", path + "?body=done", [("Host", "do.test"), ("do-request-body", script),
                                                               *upload.headers()])]
        upload.send(framed.append)
        connection.send(b"".join(framed))
        uploads.append((path, upload))
    for connection, (path, upload) in zip(connections, uploads):
        assert connection.read_response().body == b"done"
        connection.close()
        assert_came(bodies, path, upload.content.upper())


# ----------------------------------------------------------------------------------------- replies, and what goes wrong

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("script", ["reply=403", "hold reply-end=403", "hold reply-end=200", "reply-end=403"])
def test_local_reply(bodies, origin, protocol, framing, script):
    for size in (10, 300000):
        path = unique_path()
        with bodies.connect(protocol) as connection:
            response = bodies.ask("body=origin", Upload(Content.of(size), framing), request=script, path=path,
                                  connection=connection)
        assert (response.status, response.body) == (int(script[-3:]), b"replied")
        assert response.headers.all("x-replied") == ["yes"]
        assert not any(request.complete for request in origin.to(path))


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_rest_of_a_body_that_was_replied_to_is_no_request(bodies, origin, framing):
    """What the client still sends is read and dropped, or the connection ends: never the next request."""
    hidden = unique_path()
    body = format_request("GET", hidden, [("Host", "do.test")]) * 300
    for script in ("reply=403", "hold reply-end=403"):
        with bodies.server.connect(timeout=5) as connection:
            upload = Upload(body, framing, sizes=[len(body) // 300] * 300, wire=range(0, len(body), 1500), pause=0.0005)
            response = bodies.ask("body=a", upload, request=script, connection=connection)
            assert response.status == 403
            try:
                after = bodies.get("body=next", connection=connection)
                assert after.body == b"next"
            except (ProtocolError, ConnectionError):
                pass
    assert not origin.to(hidden)


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("script", ["close", "hold close", "close-end"])
def test_module_closes_the_stream(bodies, origin, protocol, framing, script):
    path = unique_path()
    with bodies.connect(protocol) as connection, pytest.raises((ProtocolError, ConnectionError)):
        bodies.ask("body=origin", Upload(Content.of(30000), framing), request=script, path=path, connection=connection)
    assert not any(request.complete for request in origin.wait_for(path, timeout=0.05))
    send(bodies, "upper", Upload(b"next"))


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("script", ["trap", "hold trap-end", "headers=10 trap", "trap-end"])
def test_trap_lets_the_body_pass_when_it_fails_open(bodies, framing, script):
    path = unique_path()
    content = Content.of(30000)
    assert bodies.ask("body=done", Upload(content, framing), request=script, path=path).status == 200
    assert_came(bodies, path, content)
    time.sleep(0.2)


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("script", ["trap", "hold trap-end", "trap-end"])
def test_trap_refuses_the_request_when_it_fails_closed(bodies, origin, framing, script):
    path = unique_path()
    response = bodies.ask("body=done", Upload(Content.of(30000), framing), request=script, host="closed", path=path)
    assert response.status == 503
    assert not any(request.complete for request in origin.to(path))
    time.sleep(0.2)


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("size", [1001, 100000, 3000000])
def test_body_beyond_the_limit_is_too_large(bodies, origin, protocol, framing, size):
    since = len(bodies.server.log())
    path = unique_path()
    # One that comes at once, with its end, need not be held.
    upload = Upload(Content.of(size), framing, sizes=[900], pause=0.02) if size == 1001 else \
        Upload(Content.of(size), framing)
    with bodies.connect(protocol) as connection:
        response = bodies.ask("body=done", upload, request="hold", host="small", path=path, connection=connection)
    assert response.status == 413
    bodies.server.wait_for_log(r"request body.*limits\.body", since=since)
    assert not any(request.complete for request in origin.to(path))


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_body_within_the_limit_is_held_and_a_larger_one_streamed(bodies, protocol, framing):
    with bodies.connect(protocol) as connection:
        for size in (999, 1000):
            send(bodies, "hold", Upload(Content.of(size), framing), connection, host="small")
        send(bodies, "look", Upload(Content.of(100000), framing, sizes=[900] * 200), connection, host="small")


@pytest.mark.parametrize("script", ["upper", "hold upper", "pause-end=20"])
@pytest.mark.parametrize("how", ["reset", "empty", "garbage", "headers"])
def test_broken_origin_is_a_bad_gateway(bodies, how, script):
    for protocol, framing in WAYS:
        for size in (10, 100000):
            for when in ("", "&early=103&early-at=1&delay=0.02"):
                with Client(bodies, protocol) as client:
                    answer = client.ask(f"break={how}{when}", Upload(Content.of(size), framing), request=script)
                    assert answer.status == 502, (protocol, framing, size, when)


@pytest.mark.parametrize("script", ["upper", "hold upper", "pause-end=20"])
def test_refused_connection_is_a_bad_gateway(bodies, script):
    for framing in ("length", "chunked"):
        for size in (10, 100000):
            response = bodies.ask("", Upload(Content.of(size), framing), request=script, host="refused", name="do")
            assert response.status == 502


def test_client_that_leaves_amid_its_body_leaves_no_whole_request(bodies, origin):
    for script in ("upper", "hold", "pause=50", "headers=50", "pause-end=50", ""):
        for framing in ("length", "chunked"):
            for most in (0, 10, 50000):
                path = unique_path()
                upload = Upload(Content.of(100000), framing, most=most)
                connection = bodies.server.connect()
                connection.send(format_request("POST", path, [("Host", "do.test"), ("do-request-body", script),
                                                              *upload.headers()]))
                upload.send(connection.send)
                time.sleep(0.01)
                connection.close()
                assert not any(request.complete for request in origin.wait_for(path, timeout=0.05))
    send(bodies, "upper", Upload(b"next"))


def test_client_that_leaves_while_its_whole_body_is_held_does_no_harm(bodies):
    for script in ("pause=50", "headers=50", "pause-end=50", "hold pause-end=50"):
        for framing in ("length", "chunked"):
            upload = Upload(Content.of(5000), framing)
            connection = bodies.server.connect()
            connection.send(format_request("POST", unique_path(), [("Host", "do.test"), ("do-request-body", script),
                                                                   *upload.headers()]))
            upload.send(connection.send)
            connection.close()
    time.sleep(0.2)
    send(bodies, "upper", Upload(b"next"))


@pytest.mark.parametrize("script", ["upper", "hold", "pause=50", "hold pause-end=50"])
def test_http2_stream_that_is_reset_amid_its_body_leaves_no_dead_connection(bodies, script):
    """Traffic Server 9.2 may stop listening to the connection then; the plugin breaks it, so that the client knows."""
    for size in (10, 50000):
        with bodies.server.connect_http2() as connection:
            left = connection.open("POST", unique_path(), "do.test", [("do-request-body", script)])
            connection.upload(left, Upload(Content.of(size), "none"), end_stream=False)
            time.sleep(0.2)
            connection.reset(left)
            begin = time.monotonic()
            try:
                assert connection.request("GET", unique_path() + "?body=kept", "do.test").body == b"kept"
            except (ProtocolError, OSError):
                pass
            assert time.monotonic() - begin < 3
        send(bodies, "upper", Upload(b"next"))


def test_http2_stream_that_is_reset_amid_its_body_ends_its_transaction(start_server, origin, certificates):
    """Not when the server's timeout for a silent client has gone by, 30 s later."""
    bodies = Bodies(start_server(**server_options(origin, {"do": {}}, {"do": ["do"]}, certificates=certificates,
                                                  manager=True)), origin)
    sizes = (10, 50000, 200000)  # of the last one a part is on its way to the origin
    scripts = ("look", "upper", "hold", "pause=50", "hold pause-end=50")
    for script in scripts:
        for size in sizes:
            with bodies.server.connect_http2() as connection:
                left = connection.open("POST", unique_path(), "do.test", [("do-request-body", script)])
                connection.upload(left, Upload(Content.of(size), "none"), end_stream=False)
                time.sleep(0.1)
                connection.reset(left)
                time.sleep(0.1)
    count = len(scripts) * len(sizes)
    assert bodies.server.wait_for_metric("proxy.process.http.completed_requests", count, timeout=15) >= count
    assert bodies.server.settle("proxywasm.streams") == 0
    send(bodies, "upper", Upload(b"next"))


def test_http2_upload_that_has_come_whole_is_sent_on_when_another_is_reset(bodies):
    """Traffic Server 9.2 stops listening to the connection of both; of this one nothing more is to come."""
    path, content = unique_path(), Content.of(900000)
    with bodies.server.connect_http2() as connection:
        whole = connection.open("POST", path + "?read-pause=0.01&body=done", "do.test", [("do-request-body", "look")])
        connection.upload(whole, Upload(content, "none"))
        left = connection.open("POST", unique_path(), "do.test", [("do-request-body", "look")])
        connection.upload(left, Upload(Content.of(100), "none"), end_stream=False)
        time.sleep(0.1)
        connection.reset(left)
        assert_came(bodies, path, content)


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.4])
@pytest.mark.parametrize("how", ["reset", "close"])
def test_http2_client_that_leaves_before_the_answer_does_no_harm(start_server, origin, certificates, how, delay):
    """The origin has all of the request, and answers when nobody waits for it any more."""
    bodies = Bodies(start_server(**server_options(origin, {"do": {}}, {"do": ["do"]}, certificates=certificates,
                                                  manager=True)), origin)
    for script in ("upper", "hold upper"):
        path = unique_path()
        with bodies.server.connect_http2() as connection:
            stream = connection.open("POST", f"{path}?body=late&delay={delay}&early=103&early-pause=0.05", "do.test",
                                     [("do-request-body", script)])
            connection.upload(stream, Upload(Content.of(5000), "none"))
            assert_came(bodies, path, Content.of(5000).upper())
            if how == "reset":
                connection.reset(stream)
                time.sleep(2 * delay)
        send(bodies, "upper", Upload(b"next"))
    assert bodies.server.settle("proxywasm.streams") == 0


def test_http2_uploads_at_once(bodies):
    with bodies.server.connect_http2() as connection:
        streams = []
        for number in range(12):
            path = unique_path()
            script = ("upper", "hold upper", "pause=20 upper")[number % 3]
            stream = connection.open("POST", path + "?body=done", "do.test", [("do-request-body", script)])
            streams.append((stream, path, Content.of(number * 1000, number)))
        for stream, _, content in streams:
            connection.upload(stream, Upload(content, "none"))
        for stream, path, content in streams:
            assert connection.finish(stream).body == b"done"
            assert_came(bodies, path, content.upper())


# -------------------------------------------------------------------------------------------------------- early answers

SCRIPTS = ["look", "upper append=X", "hold upper", "pause=20", "hold pause-end=20"]


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("then", ["drain", "linger"])
@pytest.mark.parametrize("protocol, framing", WAYS)
def test_early_answer_reaches_the_client(bodies, protocol, framing, script, then):
    for size in (10, 10000, 1000000):
        with bodies.connect(protocol) as connection:
            query = f"status=413&body=enough&answer=early&then={then}"
            response = bodies.ask(query, Upload(Content.of(size), framing), request=script, connection=connection)
            assert (response.status, response.body) == (413, b"enough")
        send(bodies, "upper", Upload(b"next"))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("then", ["close", "reset"])
def test_early_answer_of_an_origin_that_leaves_is_the_answer_or_a_bad_gateway(bodies, script, then):
    for framing in ("length", "chunked"):
        for size in (10, 10000, 1000000):
            try:
                response = bodies.ask(f"status=413&body=enough&answer=early&then={then}",
                                      Upload(Content.of(size), framing), request=script)
            except (ProtocolError, ConnectionError):
                continue
            assert (response.status, response.body) == (413, b"enough") or response.status == 502
            send(bodies, "upper", Upload(b"next"))


@pytest.mark.parametrize("script", SCRIPTS)
@pytest.mark.parametrize("at", [1, 5000, 500000])
def test_answer_amid_the_body_reaches_the_client(bodies, script, at):
    for framing in ("length", "chunked"):
        response = bodies.ask(f"body=mid&answer-at={at}", Upload(Content.of(1000000), framing), request=script)
        assert (response.status, response.body) == (200, b"mid")
        send(bodies, "upper", Upload(b"next"))


def test_origin_that_reads_slowly(bodies):
    for framing in ("length", "chunked"):
        send(bodies, "upper", Upload(Content.of(3000000), framing), query="body=done&read-pause=0.005")


@pytest.mark.parametrize("query", ["answer=never", "answer=never&early=103&early-at=1",
                                   "answer=never&early=103&early-at=1000"])
@pytest.mark.parametrize("protocol, framing", WAYS)
def test_origin_that_never_answers_is_a_gateway_timeout(start_server, origin, certificates, protocol, framing, query):
    server = start_server(**server_options(origin, {"do": {"response_body": "off"}}, {"do": ["do"]}, records={
        "http.transaction_no_activity_timeout_out": 1}, certificates=certificates))
    bodies = Bodies(server, origin)
    for script in ("upper", "hold upper"):
        with Client(bodies, protocol) as client:
            assert client.ask(query, Upload(Content.of(1000), framing), request=script).status == 504


def test_origin_over_tls(start_server, certificates):
    """It may send interim responses, and answer early, as any other."""
    with Origin(context=certificates.server_context()) as origin:
        options = server_options(origin, {"do": {}}, {"do": ["do"]}, certificates=certificates)
        bodies = Bodies(start_server(**over_tls(options, origin)), origin)
        for protocol, framing in WAYS:
            for query in ("", "early=103", "early=103&early-at=1", "early=103&early=103&early-pause=0.05&early-at=5000",
                          "answer=early", "answer=early&early=103", "answer-at=1", "delay=0.05"):
                for size in (1, 10000, 300000):
                    path = unique_path()
                    with Client(bodies, protocol) as client:
                        answer = client.ask(f"body=done&{query}", Upload(Content.of(size), framing), request="upper",
                                            path=path)
                    assert (answer.status, answer.body) == (200, b"done"), (protocol, framing, query, size)
                    if "answer" not in query:
                        assert_came(bodies, path, Content.of(size).upper())
        assert not origin.violations


# ------------------------------------------------------------------------------------------------------------- tunnels

@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_connect_is_a_tunnel_and_no_body(start_server, origin, version):
    """Whatever the module wants of bodies."""
    server = start_server(**{**server_options(origin, {"do": {}}, {}), "plugins": [global_plugin("do.yaml")],
                             "records": {"http.connect_ports": str(origin.port), "url_remap.remap_required": 0}})
    path = unique_path()
    for script in ("look", "upper"):
        with server.connect() as connection:
            connection.send(f"CONNECT 127.0.0.1:{origin.port} HTTP/{version}\r\nHost: 127.0.0.1:{origin.port}\r\n"
                            f"do-request-body: {script}\r\n\r\n".encode())
            head = b""
            while b"\r\n\r\n" not in head:
                head += connection.socket.recv(1)
            assert head.split()[1] == b"200"
            connection.send(format_request("POST", path, [("Host", "a.test"), ("Content-Length", "3")], b"abc"))
            assert connection.read_response().status == 200
            assert [request.body for request in origin.wait_for(path)][-1] == b"abc"
