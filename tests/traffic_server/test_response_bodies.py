# SPDX-License-Identifier: Apache-2.0
"""Response bodies on their way through modules: every byte, and every framing, is compared."""

import contextlib
import time

import pytest

from harness.bodies import Bodies, counts, filtered, server_options
from harness.content import Content
from harness.http1 import ProtocolError, format_request
from harness.origin_answer import digits
from harness.scripted import unique_path

pytestmark = pytest.mark.plugin_only

FRAMINGS = ["length", "chunked", "close"]
SIZES = [1, 10, 1000, 4096, 65536, 1000003]

FILTERS = {
    "do": {}, "buffer": {"response_body": "buffer"}, "stream": {"response_body": "stream"},
    "off": {"response_body": "off"}, "origin": {"response_phase": "origin"}, "small": {"limits": {"body": "1000"}},
    "closed": {"fail_open": False}, "second": {}, "alone": {"module": "response_bodies"},
    "wrongmodule": {"module": "request_bodies"},
}
FILTERS = {name: {"request_body": "off", **keys} for name, keys in FILTERS.items()}
CHAINS = {"chain": ["do", "second"], "both": ["do", "origin"], "bothback": ["origin", "do"],
          "chainback": ["second", "do"]}


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    """A host for each way of configuring the filter: "do.test", …"""
    hosts = {**{name: [name] for name in FILTERS}, **CHAINS}
    server = start_shared_server(**server_options(origin, FILTERS, hosts, certificates=certificates))
    return Bodies(server, origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


def of(size, script=""):
    """What comes of the origin's content."""
    return filtered(script, Content.of(size, 1))


# --------------------------------------------------------------------------------------------------------------- bytes

@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("script", ["", "look", "upper", "upper hold", "append=-END", "prepend=BEGIN-",
                                    "prepend=A upper append=B hold", "prepend=A upper append=B"])
def test_each_byte_is_what_the_module_made_of_it(bodies, framing, script):
    connection = None
    for size in SIZES:
        connection = connection or bodies.server.connect()
        response = bodies.get(f"content={size}&framing={framing}", script, connection=connection,
                              expected=of(size, script))
        assert (response.status, response.difference) == (200, None)
        if response.headers.get("Connection") == "close":
            connection.close()
            connection = None


def largest_chunk(bodies):
    """Of a body that comes to the client in chunks, as the module may change its length. (The server makes them where the
    module wants no trailers.)"""
    with bodies.server.connect() as connection:
        response = bodies.get("content=5000011", host="alone", connection=connection, expected=of(5000011))
        assert (response.status, response.difference) == (200, None)
        assert response.headers.get("Transfer-Encoding") == "chunked"
        return connection.reader.largest_chunk


def test_chunks_of_what_a_module_may_change_are_larger_than_the_server_makes_them(bodies):
    assert 16384 < largest_chunk(bodies) <= 65536


def test_chunks_are_as_large_as_the_server_is_told(start_server, origin):
    server = start_server(**server_options(origin, {"alone": FILTERS["alone"]}, {"alone": ["alone"]},
                                           records={"http.chunking.size": 1000}))
    assert largest_chunk(Bodies(server, origin)) == 1000


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("script, expected", [("replace=OTHER", b"OTHER"), ("empty", b""),
                                              ("empty append=X", b"X")])
def test_whole_body_is_replaced(bodies, framing, script, expected):
    response = bodies.get(f"content=100000&framing={framing}", "hold " + script)
    assert response.body == expected


@pytest.mark.parametrize("framing", ["chunked", "close"])
@pytest.mark.parametrize("script", ["append=FILLED", "fill=FILLED", "fill=FILLED hold", "prepend=FILLED"])
def test_empty_body_without_a_length_is_filled(bodies, framing, script):
    assert bodies.get(f"content=0&framing={framing}", script).body == b"FILLED"


def test_no_body_callback_for_a_body_of_length_0(bodies):
    path = unique_path()
    response = bodies.get("content=0", "append=WRONG count", path=path)
    assert (response.body, response.headers.all("Content-Length")) == (b"", ["0"])
    seen = counts(bodies.notes_of(path), "response")
    assert (seen["alone"], seen["callbacks"]) == (1, 0)


OFFSETS = ["0,0", "0,1", "0,5", "0,max", "1,0", "1,3", "4,1", "4,2", "4,max", "5,0", "5,5", "6,0", "6,1", "max,0",
           "max,max", "4294967294,2", "0,4294967294", "3,4294967293"]


@pytest.mark.parametrize("host", ["do", "buffer"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_buffer_is_set_at_every_offset_and_size(bodies, host, framing):
    with bodies.server.connect() as connection:
        for place in OFFSETS:
            for new in ("", "X", "LONGER-THAN-ALL-OF-IT"):
                script = f"hold splice={place},{new}" if host == "do" else f"splice={place},{new}"
                response = bodies.get(f"body=12345&framing={framing}", script, host=host, connection=connection)
                assert response.body == bytes(filtered(script, b"12345")), script


def test_several_changes_of_the_buffer_follow_each_other(bodies):
    script = "hold splice=0,1,AB splice=max,0,CD splice=2,2,- splice=3,1, prepend=P append=Q"
    assert bodies.get("body=12345", script).body == bytes(filtered(script, b"12345"))


def test_buffer_is_read_at_every_offset_and_size(bodies):
    path = unique_path()
    places = {"0,max": "0 5 [12345]", "0,2": "0 2 [12]", "3,9": "0 2 [45]", "5,1": "0 0 []", "4,1": "0 1 [5]",
              "0,0": "0 0 []", "6,1": "0 0 []", "max,max": "2 0 []"}
    script = "hold count " + " ".join(f"read={place}" for place in places)
    assert bodies.get("body=12345", script, path=path).body == b"12345"
    notes = bodies.notes_of(path)
    assert [line for line in notes if line.startswith("read")] == [f"read {seen}" for seen in places.values()]


@pytest.mark.parametrize("framing", FRAMINGS)
def test_module_sees_each_byte_once_and_one_end(bodies, framing):
    sizes = {}
    for hold in ("", " hold"):
        for size in (1, 65536, 1000003):
            path = unique_path()
            sizes[path] = size
            bodies.get(f"content={size}&framing={framing}", "count look" + hold, path=path)
    for path, size in sizes.items():
        seen = counts(bodies.notes_of(path), "response")
        assert (seen["alone"], seen["bytes"], seen["ends"], seen["trailers"]) == (0, size, 1, 0)


def test_bytes_of_any_value_pass(bodies):
    """Also NUL, and what looks like a chunk."""
    body = b"0\r\n\r\n\x00\xff5\r\nab"
    path = unique_path()
    for framing in FRAMINGS:
        response = bodies.ask(f"answer=echo&framing={framing}", body, response="look hold append=%0D%0A0%0D%0A%0D%0A",
                              path=path)
        assert response.body == body + b"\r\n0\r\n\r\n"


# ------------------------------------------------------------------------------------------------------------- framing

@pytest.mark.parametrize("framing", ["length", "close"])
def test_module_that_holds_the_whole_body_gives_it_a_length(bodies, framing):
    response = bodies.get(f"content=200000&framing={framing}", "hold upper append=XY")
    assert response.headers.all("Content-Length") == ["200002"]
    assert "Transfer-Encoding" not in response.headers


@pytest.mark.parametrize("framing", FRAMINGS)
def test_changed_body_has_one_framing(bodies, framing):
    for script in ("upper append=XY", "hold append=XY", "hold empty"):
        response = bodies.get(f"content=5000&framing={framing}", script)
        lengths = response.headers.all("Content-Length")
        assert lengths in ([], [str(len(response.body))])
        assert bool(lengths) != ("Transfer-Encoding" in response.headers)
        assert "chunked" not in response.headers.get("Connection", "")


def test_headers_of_the_origin_pass_once(bodies):
    query = "content=5000&header=X-A:1&header=X-A:2&header=ETag:%22e%22&header=Content-Type:text/plain"
    for script in ("look", "hold upper", "append=X"):
        response = bodies.get(query, script)
        assert response.headers.all("X-A") in (["1", "2"], ["1, 2"])
        assert response.headers.all("Content-Type") == ["text/plain"]
        assert len(response.headers.all("ETag")) <= 1


def test_key_buffer_gives_the_whole_body_at_once(bodies):
    paths = {framing: unique_path() for framing in FRAMINGS}
    for framing, path in paths.items():
        response = bodies.get(f"content=300000&framing={framing}", "replace=WHOLE count", host="buffer", path=path)
        assert response.body == b"WHOLE"
    for path in paths.values():
        seen = counts(bodies.notes_of(path), "response")
        assert (seen["callbacks"], seen["bytes"], seen["ends"]) == (1, 300000, 1)


def test_key_off_calls_nothing(bodies):
    path = unique_path()
    response = bodies.get("content=3000", "upper count", host="off", path=path, expected=of(3000))
    assert response.difference is None
    assert response.headers.all("Content-Length") == ["3000"]
    assert counts(bodies.notes_of(path), "response")["callbacks"] == 0


def test_module_without_the_callback_changes_nothing(bodies):
    response = bodies.get("content=3000", "upper", host="wrongmodule", expected=of(3000))
    assert response.difference is None
    assert response.headers.all("Content-Length") == ["3000"]


def test_module_with_that_callback_alone(bodies):
    response = bodies.get("content=3000&framing=chunked", "upper", host="alone", expected=of(3000, "upper"))
    assert response.difference is None


def test_key_stream_is_what_a_module_gets_without_a_key(bodies):
    response = bodies.get("content=300000&framing=chunked", "upper", host="stream", expected=of(300000, "upper"))
    assert response.difference is None


def test_connection_is_kept(bodies):
    with bodies.server.connect() as connection:
        for number in range(30):
            response = bodies.get(f"size={number * 7 + 1}&framing=chunked", "upper append=.", connection=connection)
            assert response.body == digits(number * 7 + 1).upper() + b"."


@pytest.mark.parametrize("script", ["append=WRONG", "hold append=WRONG", "fill=WRONG"])
@pytest.mark.parametrize("status", [204, 304])
def test_response_without_a_body(bodies, status, script):
    with bodies.server.connect() as connection:
        for _ in range(3):
            response = bodies.get(f"status={status}", script, connection=connection)
            assert response.status == status
            assert "Transfer-Encoding" not in response.headers
        assert bodies.get("body=next", connection=connection).body == b"next"


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_head_has_no_body(bodies, framing):
    with bodies.server.connect() as connection:
        for script in ("", "append=WRONG", "hold append=WRONG"):
            response = bodies.get(f"content=70&framing={framing}", script, method="HEAD", connection=connection)
            assert response.status == 200
            if framing == "length":
                assert response.headers.all("Content-Length") in ([], ["70"])
        assert bodies.get("body=next", connection=connection).body == b"next"


@pytest.mark.parametrize("status", [200, 201, 206, 301, 400, 404, 500, 503])
def test_each_status(bodies, status):
    response = bodies.get(f"status={status}&content=50", "upper", expected=of(50, "upper"))
    assert (response.status, response.difference) == (status, None)


def test_servers_own_error_page_is_not_filtered(bodies):
    response = bodies.get("break=reset", "replace=FILTERED")
    assert response.status == 502
    assert b"FILTERED" not in response.body


@pytest.mark.parametrize("early", [100, 103])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_interim_response_does_no_harm(bodies, framing, early):
    for script in ("upper", "upper hold"):
        response = bodies.get(f"early={early}&content=100&framing={framing}", script, expected=of(100, "upper"))
        assert (response.status, response.difference) == (200, None)


@pytest.mark.parametrize("coding", ["gzip", "br"])
def test_compressed_body_reaches_the_module_as_it_is(bodies, coding):
    path = unique_path()
    query = f"content=5000&header=Content-Encoding:{coding}"
    response = bodies.get(query, "look count", path=path, expected=of(5000), headers=[("Accept-Encoding", coding)])
    assert (response.difference, response.headers.all("Content-Encoding")) == (None, [coding])
    assert counts(bodies.notes_of(path), "response")["bytes"] == 5000


def test_range_is_what_the_origin_made_of_it(bodies):
    response = bodies.get("status=206&content=10&header=Content-Range:bytes%200-9/100", "upper",
                          headers=[("Range", "bytes=0-9")], expected=of(10, "upper"))
    assert (response.status, response.difference) == (206, None)


# -------------------------------------------------------------------------------------------------------------- chains

def test_plugins_of_a_chain_see_what_the_one_before_made(bodies):
    # The response meets the last plugin first.
    for hold in ("", "hold "):
        for framing in FRAMINGS:
            headers = [("second-response-body", f"{hold}append=-second")]
            response = bodies.get(f"size=20&framing={framing}", f"{hold}upper append=-first", host="chain", name="do",
                                  headers=headers)
            assert response.body == digits(20).upper() + b"-SECOND-first"
            response = bodies.get(f"size=20&framing={framing}", f"{hold}upper append=-first", host="chainback",
                                  name="do", headers=headers)
            assert response.body == digits(20).upper() + b"-first-second"


def test_plugins_of_both_phases(bodies, origin):
    for host in ("both", "bothback"):
        path = unique_path()
        for _ in range(2):
            response = bodies.get("size=20&cache=60", "append=-client", host=host, name="do", path=path,
                                  headers=[("origin-response-body", "append=-origin")])
            # What is cached is never filtered twice.
            assert response.body == digits(20) + b"-origin-client"


# --------------------------------------------------------------------------------------------------------------- cache

@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [10, 300000])
def test_client_phase_filters_hits_and_caches_the_original(bodies, origin, size, framing):
    path = unique_path()
    query = f"content={size}&cache=60&framing={framing}"
    for script in ("upper append=1", "upper append=2", "upper hold append=3", "", "replace=X hold"):
        assert bodies.get(query, script, path=path, expected=of(size, script)).difference is None
    assert len(origin.to(path)) == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [10, 300000])
@pytest.mark.parametrize("hold", ["", "hold "])
def test_origin_phase_caches_what_it_made_and_does_so_once(bodies, origin, size, framing, hold):
    path = unique_path()
    query = f"content={size}&cache=60&framing={framing}"
    script = hold + "upper append=ONCE"
    for _ in range(3):
        response = bodies.get(query, script, host="origin", path=path, expected=of(size, script))
        assert response.difference is None
    assert len(origin.to(path)) == 1


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("host", ["do", "origin", "both"])
def test_response_behind_an_interim_one_is_whole_out_of_the_cache_too(bodies, framing, host):
    """Traffic Server would leave out as many bytes of what it caches as the interim response's header had."""
    for size in (10, 1000, 20000, 300000):
        path = unique_path()
        query = f"content={size}&cache=60&framing={framing}&early=103&early-pause=0.05"
        for script in ("", "upper", "upper append=2"):
            response = bodies.get(query, script if host != "origin" else "", host=host, name="do", path=path,
                                  expected=of(size, script if host != "origin" else ""))
            assert (response.status, response.difference) == (200, None)


def test_truncated_response_is_not_cached(bodies, origin):
    for host in ("do", "origin"):
        for script in ("upper", "upper hold"):
            path = unique_path()
            for _ in range(2):
                with pytest.raises(ProtocolError):
                    response = bodies.get("content=100000&cache=60&break=body", script, host=host, path=path)
                    assert response.status == 502
                    raise ProtocolError("an error instead", b"")
            assert len(origin.to(path)) == 2


@pytest.mark.parametrize("framing", FRAMINGS)
def test_client_that_leaves_amid_a_body_leaves_no_half_object_in_the_cache(bodies, framing):
    for host in ("do", "origin"):
        path = unique_path()
        query = f"content=3000000&cache=60&framing={framing}"
        connection = bodies.server.connect()
        connection.send(format_request("GET", f"{path}?{query}", [("Host", f"{host}.test"),
                                                                  (f"{host}-response-body", "upper")]))
        connection.reader.exactly(1000)
        connection.close()
        time.sleep(0.1)
        for _ in range(2):
            response = bodies.get(query, "upper", host=host, path=path, expected=of(3000000, "upper"))
            assert (response.status, response.difference) == (200, None)


def test_revalidated_object_meets_the_filter_of_the_client_phase(bodies):
    path = unique_path()
    query = "size=100&header=Cache-Control:max-age=0&header=etag:%22a%22"
    for number in range(2):
        assert bodies.get(query, f"append={number}", path=path).body == digits(100) + str(number).encode()


def test_conditional_request_for_a_cached_object_is_not_modified(bodies):
    path = unique_path()
    query = "content=100&cache=60&header=ETag:%22a%22"
    with bodies.server.connect() as connection:
        assert bodies.get(query, "look", path=path, connection=connection).status == 200
        response = bodies.get(query, "append=WRONG", path=path, connection=connection,
                              headers=[("If-None-Match", '"a"')])
        # A filter may have changed the object: then it is sent whole.
        assert response.status == 304 and not response.body or response.body.endswith(b"WRONG")
        assert bodies.get("body=next", connection=connection).body == b"next"


def test_two_clients_of_one_object_that_is_being_cached(bodies):
    path = unique_path()
    query = "content=200000&cache=60&pause=0.02&piece=50000"
    connections = [bodies.server.connect() for _ in range(4)]
    for number, connection in enumerate(connections):
        connection.send(format_request("GET", f"{path}?{query}", [("Host", "do.test"),
                                                                  ("do-response-body", f"upper append={number}")]))
    for number, connection in enumerate(connections):
        with connection:
            response = connection.read_response(expected=of(200000, f"upper append={number}"))
            assert (response.status, response.difference) == (200, None)


# -------------------------------------------------------------------------------------------------------------- pauses

@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("script", ["pause=50 upper", "pause-end=50 upper", "headers=50 upper",
                                    "hold pause-end=50 upper", "headers=20 pause=20 upper"])
def test_body_goes_on_after_a_pause(bodies, host, script):
    for framing in FRAMINGS:
        for size in (100, 200000):
            begin = time.monotonic()
            response = bodies.get(f"content={size}&framing={framing}", script, host=host, expected=of(size, "upper"))
            assert (response.status, response.difference) == (200, None)
            assert time.monotonic() - begin >= 0.035


def test_many_paused_bodies_all_go_on(bodies):
    connections = [bodies.server.connect() for _ in range(60)]
    for number, connection in enumerate(connections):
        script = ("pause=60 upper", "pause-end=60 upper", "headers=60 upper")[number % 3]
        connection.send(format_request("GET", unique_path() + f"?content={number * 1000}&framing=chunked",
                                       [("Host", "do.test"), ("do-response-body", script)]))
    for number, connection in enumerate(connections):
        assert connection.read_response(expected=of(number * 1000, "upper")).difference is None
        connection.close()


# ------------------------------------------------------------------------------------- replies, and what goes wrong

@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("script", ["reply=403", "hold reply-end=403", "hold reply-end=200"])
def test_local_reply_before_the_headers_have_gone(bodies, host, script):
    for framing in FRAMINGS:
        response = bodies.get(f"content=300000&cache=60&framing={framing}", script, host=host)
        assert (response.status, response.body) == (int(script[-3:]), b"replied")
        assert response.headers.all("x-replied") == ["yes"]


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.parametrize("script", ["reply", "hold reply-end"])
def test_local_reply_without_a_body_has_no_length(bodies, status, script):
    with bodies.server.connect() as connection:
        response = bodies.get("size=300", f"{script}={status}", connection=connection)
        assert response.status == status and not response.body
        assert not response.headers.all("Content-Length") and not response.headers.all("Transfer-Encoding")
        assert bodies.get("body=next", connection=connection).body == b"next"


def test_local_reply_is_not_cached(bodies):
    for host in ("do", "origin"):
        path = unique_path()
        assert bodies.get("size=300&cache=60", "hold reply-end=200", host=host, path=path).body == b"replied"
        assert bodies.get("size=300&cache=60", host=host, path=path).body == digits(300)


@pytest.mark.parametrize("framing", FRAMINGS)
def test_response_goes_on_into_the_cache_after_a_local_reply(bodies, origin, framing):
    path = unique_path()
    query = f"content=3000000&cache=60&framing={framing}"
    assert bodies.get(query, "reply=403", path=path).status == 403
    assert bodies.get(query, "upper", path=path, expected=of(3000000, "upper")).difference is None
    assert len(origin.to(path)) == 1


def test_local_reply_after_the_headers_have_gone_is_refused(bodies):
    path = unique_path()
    response = bodies.get("content=3000000", "reply-end=403 count", path=path, expected=of(3000000))
    assert (response.status, response.difference) == (200, None)
    assert "reply refused 2" in bodies.notes_of(path)


@pytest.mark.parametrize("host", ["do", "origin"])
@pytest.mark.parametrize("script", ["close", "hold close", "close-end"])
def test_module_closes_the_stream(bodies, host, script):
    for framing in FRAMINGS:
        with pytest.raises((ProtocolError, ConnectionError)):
            response = bodies.get(f"content=30000&framing={framing}", script, host=host)
            assert not response.body and response.headers.get("Content-Length") != "0"
    assert bodies.get("body=next").status == 200


@pytest.mark.parametrize("script", ["trap", "hold trap-end", "headers=10 trap"])
def test_trap_lets_the_body_pass_when_it_fails_open(bodies, script):
    response = bodies.get("content=30000", script, expected=of(30000))
    assert (response.status, response.difference) == (200, None)
    time.sleep(0.2)


@pytest.mark.parametrize("script", ["trap", "hold trap-end"])
def test_trap_refuses_the_response_when_it_fails_closed(bodies, script):
    assert bodies.get("content=30000", script, host="closed").status == 503
    time.sleep(0.2)


def test_trap_after_the_headers_ends_the_response_early_when_it_fails_closed(bodies):
    with pytest.raises((ProtocolError, ConnectionError)):
        bodies.get("content=3000000&framing=chunked", "trap-end", host="closed")
    time.sleep(0.2)
    assert bodies.get("body=next").status == 200


@pytest.mark.parametrize("framing", FRAMINGS)
def test_body_beyond_the_limit_is_a_bad_gateway(bodies, framing):
    since = len(bodies.server.log())
    assert bodies.get(f"content=100000&framing={framing}", "hold", host="small").status == 502
    bodies.server.wait_for_log(r"response body.*limits\.body", since=since)
    response = bodies.get(f"content=100000&framing={framing}", "look", host="small", expected=of(100000))
    assert response.difference is None
    for size in (999, 1000):
        response = bodies.get(f"content={size}&framing={framing}", "hold", host="small", expected=of(size))
        assert response.difference is None


@pytest.mark.parametrize("script", ["upper", "hold upper", "", "pause=20 upper"])
@pytest.mark.parametrize("query", ["break=body", "break=chunk&framing=chunked"])
def test_origin_that_breaks_off_is_no_whole_body(bodies, script, query):
    for size in (1000, 300000):
        try:
            response = bodies.get(f"content={size}&{query}", script)
        except (ProtocolError, ConnectionError):
            continue
        assert response.status == 502
    assert bodies.get("body=next").status == 200


def test_client_that_leaves_does_no_harm(bodies):
    for script in ("upper", "hold", "pause=50", "headers=50", "hold pause-end=50"):
        for size in (100, 3000000):
            for host in ("do", "origin"):
                connection = bodies.server.connect()
                connection.send(format_request("GET", unique_path() + f"?content={size}",
                                               [("Host", f"{host}.test"), (f"{host}-response-body", script)]))
                time.sleep(0.02)
                connection.close()
    time.sleep(0.3)
    assert bodies.get("body=next").status == 200


# -------------------------------------------------------------------------------------------------------------- HTTP/2

@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("script", ["upper", "hold upper", "pause=20 upper", "headers=20 upper", "upper append=X"])
def test_http2_streams_at_once(bodies, framing, script):
    with bodies.server.connect_http2() as connection:
        ids = []
        for size in (1, 1000, 100000, 1000003):
            target = f"{unique_path()}?content={size}&framing={framing}"
            headers = [("do-response-body", script)]
            ids.append(connection.open("GET", target, "do.test", headers, True, of(size, script)))
        for stream in ids:
            response = connection.finish(stream)
            assert (response.status, response.difference) == (200, None)


@pytest.mark.parametrize("script, status", [("reply=403", 403), ("hold reply-end=200", 200)])
def test_http2_local_reply(bodies, script, status):
    with bodies.server.connect_http2() as connection:
        for _ in range(3):
            response = bodies.get("content=100000", script, connection=connection)
            assert (response.status, response.body) == (status, b"replied")


def test_http2_without_a_body(bodies):
    with bodies.server.connect_http2() as connection:
        for query, method in (("status=204", "GET"), ("status=304", "GET"), ("content=70", "HEAD"),
                              ("content=0", "GET")):
            response = bodies.get(query, "append=WRONG", method=method, connection=connection)
            assert response.body == b""
        assert bodies.get("body=next", "append=X", connection=connection).body == b"nextX"


@pytest.mark.parametrize("wait", [0, 0.1])
@pytest.mark.parametrize("host, script", [("do", "upper"), ("do", "hold"), ("do", "pause=300"), ("do", "headers=300"),
                                          ("origin", "headers=300"), ("chain", "hold pause-end=300")])
def test_http2_stream_that_is_reset_leaves_no_dead_connection(bodies, host, script, wait):
    """Before the response's headers have gone Traffic Server 9.2 may stop listening to the connection; the plugin breaks
    it, so that the client knows. What comes whole is right."""
    for query in ("content=3000000", "content=3000000&framing=chunked&piece=70000&pause=0.02"):
        with bodies.server.connect_http2() as connection:
            left = connection.start("GET", f"{unique_path()}?{query}", f"{host}.test", [("do-response-body", script),
                                                                                       ("origin-response-body", script)])
            kept = connection.open("GET", f"{unique_path()}?content=300000", "do.test", [("do-response-body", "upper")],
                                   True, of(300000, "upper"))
            time.sleep(wait)
            connection.reset(left)
            begin = time.monotonic()
            with contextlib.suppress(ProtocolError, OSError):
                assert connection.finish(kept).difference is None
                assert connection.request("GET", unique_path() + "?body=kept", "do.test").body == b"kept"
            assert time.monotonic() - begin < 3
        assert bodies.get("body=next").status == 200


def test_http2_client_that_leaves_does_no_harm(bodies):
    for script in ("upper", "hold", "pause=50", "headers=50"):
        connection = bodies.server.connect_http2()
        for _ in range(5):
            connection.start("GET", f"{unique_path()}?content=1000000", "do.test", [("do-response-body", script)])
        connection.close()
    time.sleep(0.3)
    assert bodies.get("body=next").status == 200
