# SPDX-License-Identifier: Apache-2.0
"""Response bodies on their way through modules: every byte, and every framing, is compared."""

import time

import pytest

from harness.build import sanitized
from harness.configuration import configuration, remap_plugin
from harness.http1 import ProtocolError, format_request
from harness.scripted import unique_path
from harness.server import remap_rule, tls_remap_rule

FRAMINGS = ["length", "chunked", "close"]
SIZES = [1, 10, 1000, 4096, 65536, 1000003]


def pattern(size):
    return (b"0123456789abcdef" * (size // 16 + 1))[:size]


def body_filter(name="do", **keys):
    """The test module as a filter of response bodies alone."""
    keys.setdefault("request_body", "off")
    return configuration("traffic_server/bodies", name=name, configuration=name, vm={"vm_id": name}, **keys)


HOSTS = {
    "do": {}, "buffer": {"response_body": "buffer"}, "off": {"response_body": "off"},
    "held": {"allow_on_headers_stop_iteration": True},
    "origin": {"response_phase": "origin"},
    "originheld": {"response_phase": "origin", "allow_on_headers_stop_iteration": True},
    "small": {"limits": {"body": "1000"}}, "closed": {"fail_open": False},
}
CHAINS = {"chain": ["do", "second"], "both": ["do", "origin"], "bothback": ["origin", "do"]}


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    """A host for each way of configuring the filter: "do.test", …"""
    files = {f"{name}.yaml": body_filter(name, **keys) for name, keys in {**HOSTS, "second": {}}.items()}
    rules = []
    for host, names in {**{name: [name] for name in HOSTS}, **CHAINS}.items():
        plugin = remap_plugin(*(f"{name}.yaml" for name in names))
        rules += [remap_rule(f"{host}.test", origin.port, plugin), tls_remap_rule(f"{host}.test", origin.port, plugin)]
    return start_shared_server(remap=rules, files=files, certificates=certificates, records={"http.flow_control.enabled": 1})


def get(server, query, script="", host="do", name=None, headers=(), method="GET", path=None, **scripts):
    pairs = [(f"{key}-response-body", value) for key, value in {name or host: script, **scripts}.items() if value]
    return server.request(method, (path or unique_path()) + "?" + query, f"{host}.test", [*pairs, *headers])


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("size", SIZES)
def test_each_byte_passes_a_module_that_only_looks(bodies, size, framing):
    response = get(bodies, f"size={size}&framing={framing}", "look")
    assert response.status == 200
    assert response.body == pattern(size)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("script", ["upper", "upper hold"])
def test_each_byte_is_changed(bodies, size, framing, script):
    assert get(bodies, f"size={size}&framing={framing}", script).body == pattern(size).upper()


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("hold", ["", " hold"])
@pytest.mark.parametrize("script, expected", [
    ("append=-end", pattern(3000) + b"-end"), ("prepend=begin-", b"begin-" + pattern(3000)),
    ("prepend=a upper append=b", b"a" + pattern(3000).upper() + b"b")])
def test_body_grows(bodies, framing, hold, script, expected):
    response = get(bodies, f"size=3000&framing={framing}", script + hold)
    assert response.body == expected


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("script, expected", [("replace=other", b"other"), ("empty", b"")])
def test_whole_body_is_replaced(bodies, framing, script, expected):
    response = get(bodies, f"size=100000&framing={framing}", "hold " + script)
    assert response.body == expected
    # What the origin sends in chunks stays so.
    assert response.headers.all("Content-Length") == ([] if framing == "chunked" else [str(len(expected))])


def test_empty_chunked_body_is_filled(bodies):
    assert get(bodies, "size=0&framing=chunked", "append=filled").body == b"filled"


@pytest.mark.parametrize("framing", ["length", "close"])
def test_module_that_holds_the_whole_body_gives_it_a_length(bodies, framing):
    response = get(bodies, f"size=200000&framing={framing}", "hold upper append=xy")
    assert response.headers.all("Content-Length") == ["200002"]
    assert "Transfer-Encoding" not in response.headers


def test_key_buffer_gives_the_whole_body_at_once(bodies):
    since = len(bodies.log("wasm.log"))
    assert get(bodies, "size=300000&framing=chunked", "replace=whole length", host="buffer").body == b"whole"
    bodies.wait_for_log("response body of 300000 bytes", "wasm.log", since=since)


def test_key_off_calls_nothing(bodies):
    response = get(bodies, "size=3000", "upper", host="off")
    assert response.body == pattern(3000)
    assert response.headers.all("Content-Length") == ["3000"]


def test_body_that_is_not_looked_at_keeps_its_length_on_many_requests(bodies):
    with bodies.connect() as connection:
        for size in (0, 5, 100, 70000):
            response = connection.request("GET", f"{unique_path()}?size={size}", [("Host", "do.test")])
            assert response.body == pattern(size)


def test_connection_is_kept(bodies):
    with bodies.connect() as connection:
        for number in range(30):
            response = connection.request("GET", f"{unique_path()}?size={number * 7}&framing=chunked",
                                          [("Host", "do.test"), ("do-response-body", "upper append=.")])
            assert response.body == pattern(number * 7).upper() + b"."


@pytest.mark.parametrize("status", [204, 304])
def test_response_without_a_body(bodies, status):
    with bodies.connect() as connection:
        for _ in range(3):
            response = connection.request("GET", f"{unique_path()}?status={status}",
                                          [("Host", "do.test"), ("do-response-body", "append=wrong")])
            assert response.status == status
            assert "Transfer-Encoding" not in response.headers


def test_head_keeps_the_length_and_has_no_body(bodies):
    with bodies.connect() as connection:
        for _ in range(3):
            response = connection.request("HEAD", f"{unique_path()}?size=70", [("Host", "do.test"),
                                                                               ("do-response-body", "append=wrong")])
            assert (response.status, response.headers.get("Content-Length")) == (200, "70")


@pytest.mark.parametrize("status", [200, 201, 206, 400, 404, 500, 503])
def test_each_status(bodies, status):
    response = get(bodies, f"status={status}&size=50", "upper")
    assert (response.status, response.body) == (status, pattern(50).upper())


def test_servers_own_error_page_is_not_filtered(bodies):
    response = get(bodies, "break=reset", "replace=filtered")
    assert response.status == 502
    assert b"filtered" not in response.body


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_interim_response_does_no_harm(bodies, framing):
    assert get(bodies, f"early=103&size=100&framing={framing}", "upper").body == pattern(100).upper()


def test_plugins_of_a_chain_see_what_the_one_before_made(bodies):
    response = get(bodies, "size=20&framing=chunked", "upper append=-first", host="chain", name="do",
                   second="append=-second")
    # The response meets the last plugin first.
    assert response.body == pattern(20).upper() + b"-SECOND-first"


def test_plugins_of_both_phases(bodies, origin):
    for host in ("both", "bothback"):
        path = unique_path()
        for _ in range(2):
            response = get(bodies, "size=20&cache=60", "append=-client", host=host, name="do", path=path,
                           origin="append=-origin")
            # What is cached is never filtered twice: here nothing is cached.
            assert response.body == pattern(20) + b"-origin-client"
        assert len(origin.to(path)) == 2


# -------------------------------------------------------------------------------------------------------------- cache

@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [10, 300000])
def test_client_phase_filters_hits_and_caches_the_original(bodies, origin, size, framing):
    path = unique_path()
    query = f"size={size}&cache=60&framing={framing}"
    for script, end in (("upper append=1", b"1"), ("upper append=2", b"2"), ("upper hold append=3", b"3")):
        assert get(bodies, query, script, path=path).body == pattern(size).upper() + end
    assert get(bodies, query, path=path).body == pattern(size)
    assert len(origin.to(path)) == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("size", [10, 300000])
def test_origin_phase_caches_what_it_made_and_does_so_once(bodies, origin, size, framing):
    path = unique_path()
    query = f"size={size}&cache=60&framing={framing}"
    for _ in range(3):
        response = get(bodies, query, "upper append=once", host="origin", path=path)
        assert response.body == pattern(size).upper() + b"once"
    assert len(origin.to(path)) == 1


def test_truncated_response_is_not_cached(bodies, origin):
    for host in ("do", "origin"):
        path = unique_path()
        for _ in range(2):
            with pytest.raises(ProtocolError):
                response = get(bodies, "size=100000&cache=60&break=body", "upper", host=host, path=path)
                assert response.status == 502
                raise ProtocolError("an error instead", b"")
        assert len(origin.to(path)) == 2


def test_revalidated_object_meets_the_filter_of_the_client_phase(bodies, origin):
    path = unique_path()
    query = "size=100&header=Cache-Control:max-age=0&header=etag:%22a%22"
    for number in range(2):
        assert get(bodies, query, f"append={number}", path=path).body == pattern(100) + str(number).encode()


# ------------------------------------------------------------------------------------------------- held headers, pauses

@pytest.mark.parametrize("host", ["held", "originheld"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_headers_change_after_the_body_was_seen(bodies, host, framing):
    response = get(bodies, f"size=5000&framing={framing}", "hold-headers upper set=:status:418", host=host)
    assert response.status == 418
    assert response.body == pattern(5000).upper()
    response = get(bodies, f"size=5000&framing={framing}", "hold-headers set=x-seen:yes", host=host)
    assert response.headers.all("x-seen") == ["yes"]
    assert response.body == pattern(5000)


def test_headers_that_a_module_let_go_are_closed_to_it(bodies):
    assert get(bodies, "size=5000", "hold set=x-late:1").headers.all("x-late") == []


@pytest.mark.parametrize("host", ["do", "origin", "held"])
@pytest.mark.parametrize("script", ["pause=50 upper", "pause-end=50 upper", "headers=50 upper", "hold pause-end=50 upper",
                                    "headers=20 pause=20 upper"])
@pytest.mark.parametrize("size", [100, 200000])
def test_body_goes_on_after_a_pause(bodies, host, script, size):
    begin = time.monotonic()
    assert get(bodies, f"size={size}", script, host=host).body == pattern(size).upper()
    assert time.monotonic() - begin >= 0.035


def test_many_paused_bodies_all_go_on(bodies):
    connections = [bodies.connect() for _ in range(60)]
    for number, connection in enumerate(connections):
        script = ("pause=60 upper", "pause-end=60 upper", "headers=60 upper")[number % 3]
        connection.send(format_request("GET", unique_path() + f"?size={number * 1000}&framing=chunked",
                                       [("Host", "do.test"), ("do-response-body", script)]))
    for number, connection in enumerate(connections):
        assert connection.read_response().body == pattern(number * 1000).upper()
        connection.close()


# ------------------------------------------------------------------------------------- replies, and what goes wrong

@pytest.mark.parametrize("host", ["do", "held", "origin", "originheld"])
@pytest.mark.parametrize("script", ["reply=403", "hold reply-end=403", "hold reply-end=200"])
def test_local_reply_before_the_headers_have_gone(bodies, host, script):
    response = get(bodies, "size=300000&cache=60", script, host=host)
    assert (response.status, response.body) == (int(script[-3:]), b"replied")
    assert response.headers.all("x-replied") == ["yes"]


def test_local_reply_is_not_cached(bodies, origin):
    for host in ("do", "origin"):
        path = unique_path()
        get(bodies, "size=300&cache=60", "hold reply-end=200", host=host, path=path)
        assert get(bodies, "size=300&cache=60", host=host, path=path).body == pattern(300)


def test_local_reply_after_the_headers_have_gone_is_refused(bodies):
    # The module's first piece has gone, so that its reply at the end is answered BAD_ARGUMENT; it pauses for ever, and
    # the client gives up.
    with bodies.connect(timeout=1) as connection, pytest.raises((ProtocolError, TimeoutError)):
        connection.request("GET", unique_path() + "?size=3000000", [("Host", "do.test"),
                                                                    ("do-response-body", "reply-end=403")])
    assert get(bodies, "size=10").status == 200


@pytest.mark.parametrize("host", ["do", "held", "origin"])
@pytest.mark.parametrize("script", ["close", "hold close"])
def test_module_closes_the_stream(bodies, host, script):
    with pytest.raises((ProtocolError, ConnectionError)):
        get(bodies, "size=30000", script, host=host)
    assert get(bodies, "size=10").status == 200


@pytest.mark.parametrize("script", ["trap", "hold trap-end", "headers=10 trap"])
def test_trap_lets_the_body_pass_when_it_fails_open(bodies, script):
    response = get(bodies, "size=30000", script)
    assert (response.status, response.body) == (200, pattern(30000))
    time.sleep(0.1)


@pytest.mark.parametrize("script", ["trap", "hold trap-end"])
def test_trap_refuses_the_response_when_it_fails_closed(bodies, script):
    assert get(bodies, "size=30000", script, host="closed").status == 503
    time.sleep(0.2)


def test_trap_after_the_headers_ends_the_response_early_when_it_fails_closed(bodies):
    with pytest.raises((ProtocolError, ConnectionError)):
        get(bodies, "size=3000000&framing=chunked", "trap-end", host="closed")
    time.sleep(0.2)
    assert get(bodies, "size=10").status == 200


@pytest.mark.parametrize("framing", FRAMINGS)
def test_body_beyond_the_limit_is_a_bad_gateway(bodies, framing):
    since = len(bodies.log())
    assert get(bodies, f"size=100000&framing={framing}", "hold", host="small").status == 502
    bodies.wait_for_log(r"limits\.body", since=since)
    assert get(bodies, f"size=100000&framing={framing}", "look", host="small").body == pattern(100000)


@pytest.mark.parametrize("script", ["upper", "hold upper", ""])
@pytest.mark.parametrize("query", ["break=body", "break=chunk&framing=chunked"])
def test_origin_that_breaks_off_is_no_whole_body(bodies, script, query):
    for size in (1000, 300000):
        try:
            response = get(bodies, f"size={size}&{query}", script)
        except (ProtocolError, ConnectionError):
            continue
        assert response.status == 502
    assert get(bodies, "size=10").status == 200


def test_client_that_leaves_does_no_harm(bodies):
    for script in ("upper", "hold", "pause=50", "headers=50", "hold pause-end=50"):
        for size in (100, 3000000):
            for host in ("do", "held", "origin"):
                connection = bodies.connect()
                connection.send(format_request("GET", unique_path() + f"?size={size}",
                                               [("Host", f"{host}.test"), (f"{host}-response-body", script)]))
                time.sleep(0.02)
                connection.close()
    time.sleep(0.3)
    assert get(bodies, "size=10").status == 200


# ------------------------------------------------------------------------------------------------------------- HTTP/2

@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("script", ["upper", "hold upper", "pause=20 upper", "headers=20 upper"])
def test_http2(bodies, framing, script):
    with bodies.connect_http2() as connection:
        ids = [(size, connection.start("GET", f"{unique_path()}?size={size}&framing={framing}", "do.test",
                                       [("do-response-body", script)])) for size in (1, 1000, 100000, 1000003)]
        for size, stream in ids:
            assert connection.finish(stream).body == pattern(size).upper()


@pytest.mark.parametrize("script, status", [("reply=403", 403), ("hold reply-end=200", 200)])
def test_http2_local_reply(bodies, script, status):
    with bodies.connect_http2() as connection:
        for _ in range(3):
            response = connection.request("GET", f"{unique_path()}?size=100000", "do.test", [("do-response-body", script)])
            assert (response.status, response.body) == (status, b"replied")


def test_http2_client_that_leaves_does_no_harm(bodies):
    for script in ("upper", "hold", "pause=50", "headers=50"):
        connection = bodies.connect_http2()
        for _ in range(5):
            connection.start("GET", f"{unique_path()}?size=1000000", "do.test", [("do-response-body", script)])
        connection.close()
    time.sleep(0.3)
    assert get(bodies, "size=10").status == 200


# ------------------------------------------------------------------------------------------------------------- memory

@pytest.mark.skipif(sanitized(), reason="sanitizers keep freed memory")
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_large_body_is_not_read_ahead_of_a_slow_client(bodies, framing):
    size = 64 << 20
    get(bodies, "size=5000000", "upper")
    before = bodies.memory_kilobytes()
    with bodies.connect(timeout=60) as connection:
        connection.send(format_request("GET", unique_path() + f"?size={size}&framing={framing}",
                                       [("Host", "do.test"), ("do-response-body", "look")]))
        time.sleep(1.5)
        grown = bodies.memory_kilobytes() - before
        body = connection.read_response().body
    assert len(body) == size
    assert body[:1 << 20] == pattern(1 << 20) and body[-16:] == pattern(16)
    assert max(grown, bodies.memory_kilobytes() - before) < 16 << 10
