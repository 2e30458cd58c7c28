# SPDX-License-Identifier: Apache-2.0
"""Requests whose headers are held until the body was seen, and then changed, routed elsewhere or answered."""

import threading
import time

import pytest

from harness import build
from harness.bodies import Bodies, Client, body_filter, seen_by, server_options
from harness.configuration import global_plugin, remap_plugin
from harness.content import Content
from harness.http1 import ProtocolError, format_request
from harness.origin import Origin
from harness.scripted import unique_path
from harness.server import remap_rule, tls_remap_rule
from harness.upload import Upload

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

WAYS = [("http1", "length"), ("http1", "chunked"), ("http2", "length"), ("http2", "none")]
SIZES = (1, 5000, 200000)
KEYS = {"allow_on_headers_stop_iteration": True}


@pytest.fixture(scope="module")
def callee():
    """The server that is called."""
    with Origin() as server:
        yield server


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, second_origin, certificates, callee):
    """A host for each way of configuring the filter; "global.test" has it as a global plugin, "elsewhere.test" leads to
    the second origin."""
    calling = {**KEYS, "upstreams": {"callee": {"host": "127.0.0.1", "port": callee.port}}}
    filters = {"do": calling, "origin": {**KEYS, "response_phase": "origin"}, "second": KEYS,
               "requests": {**KEYS, "response_body": "off"}, "small": {**KEYS, "limits": {"body": "1000"}},
               "buffer": {**KEYS, "request_body": "buffer"}, "closed": {**KEYS, "fail_open": False, "limits": {"pause": 300}},
               "short": {**KEYS, "limits": {"pause": 300}}}
    hosts = {**{name: [name] for name in filters}, "chain": ["do", "second"], "global": [], "split": ["do", "origin"],
             "splitback": ["origin", "do"]}
    options = server_options(origin, filters, hosts, certificates=certificates, manager=True)
    options["remap"] += [remap_rule("elsewhere.test", second_origin.port),
                         tls_remap_rule("elsewhere.test", second_origin.port)]
    options["remap"] += [rule("twice.test", origin.port, remap_plugin("do.yaml"), remap_plugin("second.yaml"))
                         for rule in (remap_rule, tls_remap_rule)]
    options["files"]["global.yaml"] = body_filter("global", **calling)
    return Bodies(start_shared_server(plugins=[global_plugin("global.yaml")], **options), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "origin", "requests", "buffer", "global"])
def test_headers_change_after_the_body_was_seen(bodies, origin, host, protocol, framing):
    with bodies.connect(protocol) as connection:
        for size in SIZES:
            path = unique_path()
            script = "hold-headers upper append=X set=x-a:changed add=x-b:added remove=x-c"
            response = bodies.ask("body=done", Upload(Content.of(size), framing), request=script, response="upper",
                                  host=host, path=path, headers=[("x-a", "1"), ("x-c", "1")], connection=connection)
            assert (response.status, response.body) == (200, b"done" if host == "requests" else b"DONE")
            request = seen_by(origin, path)
            assert request.is_whole(Content.of(size).upper() + b"X")
            assert request.headers.all("x-a") == ["changed"]
            assert request.headers.all("x-b") == ["added"] and "x-c" not in request.headers


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "global"])
def test_path_and_method_change_after_the_body_was_seen(bodies, origin, host, protocol, framing):
    with bodies.connect(protocol) as connection:
        for size in SIZES:
            path = unique_path()
            script = f"hold-headers set=:path:{path}-elsewhere?body=there set=:method:PUT"
            response = bodies.ask("body=done", Upload(Content.of(size), framing), request=script, host=host, path=path,
                                  connection=connection)
            assert (response.status, response.body) == (200, b"there")
            assert not origin.to(path)
            request = seen_by(origin, path + "-elsewhere")
            assert request.method == "PUT" and request.is_whole(Content.of(size))


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_global_plugin_changes_the_authority_that_remap_maps(bodies, origin, second_origin, protocol, framing):
    with bodies.connect(protocol) as connection:
        for size in SIZES:
            path = unique_path()
            response = bodies.ask("body=done", Upload(Content.of(size), framing), host="global", path=path,
                                  request="hold-headers set=:authority:elsewhere.test", connection=connection)
            assert (response.status, response.body) == (200, b"done")
            assert not origin.to(path)
            assert seen_by(second_origin, path).is_whole(Content.of(size))


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_filter_of_a_rule_changes_the_upstream(bodies, origin, second_origin, protocol, framing):
    with bodies.connect(protocol) as connection:
        for size in SIZES:
            path = unique_path()
            authority = f"127.0.0.1%3A{second_origin.port}"
            response = bodies.ask("body=done", Upload(Content.of(size), framing), host="do", path=path,
                                  request=f"hold-headers set=:authority:{authority}", connection=connection)
            assert (response.status, response.body) == (200, b"done")
            assert not origin.to(path)
            request = seen_by(second_origin, path)
            assert request.is_whole(Content.of(size))
            assert request.headers.all("Host") == [f"127.0.0.1:{second_origin.port}"]


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "global"])
def test_held_request_is_answered_with_a_local_reply(bodies, origin, host, protocol, framing):
    for status in (200, 403):
        for size in SIZES:
            for script in (f"hold-headers reply-end={status}", f"hold-headers reply={status}"):
                path = unique_path()
                with bodies.connect(protocol) as connection:
                    response = bodies.ask("body=done", Upload(Content.of(size), framing), request=script, host=host,
                                          path=path, connection=connection, response="upper")
                assert response.status == status and response.body.lower() == b"replied"
                assert not origin.to(path)


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_server_without_filters_of_rules(start_server, origin, second_origin, certificates, protocol, framing):
    """The request that is made anew comes without a body then, which goes out behind its header."""
    options = server_options(origin, {}, {"global": []}, certificates=certificates)
    options["remap"] += [rule("elsewhere.test", second_origin.port) for rule in (remap_rule, tls_remap_rule)]
    options["files"]["global.yaml"] = body_filter("global", **KEYS)
    bodies = Bodies(start_server(plugins=[global_plugin("global.yaml")], **options), origin, "global")
    with Client(bodies, protocol) as client:
        for size in (1, 5000, 1000000):
            path = unique_path()
            response = client.ask("body=done", Upload(Content.of(size), framing), path=path, response="upper",
                                  request="hold-headers upper set=:authority:elsewhere.test set=:method:PATCH")
            assert (response.status, response.body) == (200, b"DONE")
            request = seen_by(second_origin, path)
            assert request.method == "PATCH" and request.is_whole(Content.of(size).upper())
            for then in ("drain", "linger"):
                response = client.ask(f"content=300000&answer=early&then={then}", Upload(Content.of(size), framing),
                                      request="hold-headers", expected=Content.of(300000, 1))
                assert (response.status, response.difference) == (200, None)


def test_settings_of_a_transaction_go_along(start_server, origin):
    """Those that another plugin has given it, for the way to the origin; waiting for the module does not count."""
    options = server_options(origin, {"do": KEYS}, {"do": ["do"]})
    settings = ("@plugin=conf_remap.so @pparam=proxy.config.http.insert_squid_x_forwarded_for=0 "
                "@pparam=proxy.config.http.transaction_no_activity_timeout_out=1")
    options["remap"] = [remap_rule("do.test", origin.port, settings, remap_plugin("do.yaml"))]
    bodies = Bodies(start_server(**options), origin)
    path = unique_path()
    response = bodies.ask("body=done", b"abc", request="hold-headers pause-end=2500", path=path)
    assert response.body == b"done" and "X-Forwarded-For" not in seen_by(origin, path).headers
    assert bodies.ask("delay=5", b"abc", request="hold-headers").status == 504


# ----------------------------------------------------------------------------------------------------- a whole exchange

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "origin", "requests", "global"])
def test_each_byte_of_both_bodies(bodies, origin, host, protocol, framing):
    """With everything that a connection is used for again."""
    with Client(bodies, protocol) as client:
        for sent, received, answer in ((1, 300000, "length"), (5000, 5000, "chunked"), (200000, 1, "close"),
                                       (1000000, 1000000, "chunked"), (20, 0, "length")):
            path = unique_path()
            expected = Content.of(received, 1)
            response = client.ask(f"content={received}&framing={answer}", Upload(Content.of(sent), framing), host=host,
                                  request="hold-headers", response="upper", path=path,
                                  expected=expected if host == "requests" else expected.upper())
            assert (response.status, response.difference) == (200, None)
            assert seen_by(origin, path).is_whole(Content.of(sent))


@pytest.mark.parametrize("host", ["do", "global"])
def test_held_request_that_turns_out_empty(bodies, origin, host):
    """Its length is unknown until it ends."""
    for protocol, framing in (("http1", "chunked"), ("http2", "none")):
        with bodies.connect(protocol) as connection:
            for script, body in (("hold-headers", b""), ("hold-headers fill=FILLED", b"FILLED")):
                path = unique_path()
                response = bodies.ask("body=done", Upload(b"", framing), request=script, host=host, path=path,
                                      connection=connection)
                assert response.body == b"done"
                assert seen_by(origin, path).is_whole(Content(body))


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_held_body_is_taken_away(bodies, origin, protocol, framing):
    with bodies.connect(protocol) as connection:
        for method in ("POST", "GET", "DELETE"):
            path = unique_path()
            response = bodies.ask("body=done", Upload(Content.of(5000), framing), path=path, connection=connection,
                                  request=f"hold-headers empty set=:method:{method}")
            assert response.body == b"done"
            request = seen_by(origin, path)
            assert request.method == method and request.is_whole(Content())


@pytest.mark.parametrize("host", ["do", "global"])
@pytest.mark.parametrize("size", [0, 5000, 200000])
def test_trailers_of_a_held_request_go_on(bodies, origin, host, size):
    """Changed where the module has changed them, behind a body that it has changed."""
    trailers = [("x-a", "1"), ("x-b", "2"), ("x-a", "3")]
    for script, expected in (("hold-headers upper", trailers),
                             ("hold-headers upper trailer-add=x-c:4 trailer-remove=x-a", [("x-b", "2"), ("x-c", "4")]),
                             ("hold-headers upper trailer-remove=x-a trailer-remove=x-b", [])):
        path = unique_path()
        response = bodies.ask("body=done", Upload(Content.of(size), "chunked", trailers=trailers), request=script, host=host,
                              path=path)
        assert (response.status, response.body) == (200, b"done")
        request = seen_by(origin, path)
        assert request.is_whole(Content.of(size).upper())
        assert (list(request.trailers), request.framing) == (expected, "chunked" if expected else "length")


@pytest.mark.parametrize("host", ["do", "global"])
def test_trailers_of_a_held_request_go_with_no_other(bodies, origin, host):
    """On one connection, and so on one thread, whose transactions use the same memory one after the other."""
    with bodies.connect() as connection:
        for trailers in ([("x-a", "1")], [], []):
            path = unique_path()
            upload = Upload(Content.of(100), "chunked" if trailers else "length", trailers=trailers)
            bodies.ask("body=done", upload, request="hold-headers", host=host, path=path, connection=connection)
            assert list(seen_by(origin, path).trailers) == trailers


@pytest.mark.parametrize("host", ["do", "global"])
def test_connections_are_kept(bodies, origin, host):
    with bodies.server.connect() as connection:
        for framing in ("length", "chunked"):
            numbers = set()
            for _ in range(10):
                path = unique_path()
                assert bodies.ask("body=done", Upload(Content.of(5000), framing), request="hold-headers", host=host,
                                  path=path, connection=connection).body == b"done"
                numbers.add(seen_by(origin, path).connection)
            assert len(numbers) == 1


def test_request_is_for_the_origin_what_it_would_be_unheld(bodies, origin):
    """But for the framing, which the held one has got a length for."""
    seen = []
    fields = [("X-Case", "a"), ("x-twice", "1"), ("x-twice", "2"), ("Cookie", "a=b"), ("X-Empty", ""),
              ("X-Hop", "gone"), ("Connection", "keep-alive, x-hop")]
    for script in ("look", "hold-headers"):
        path = unique_path()
        bodies.ask("body=done", Upload(Content.of(100)), request=script, path=path, headers=fields)
        request = seen_by(origin, path)
        seen.append(sorted(field for field in request.headers if field[0] != "do-request-body"))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("host", ["do", "global"])
def test_expectation_is_met_before_the_body(bodies, origin, host, framing):
    for size in (1, 50000):
        path = unique_path()
        response = bodies.ask("body=done", Upload(Content.of(size), framing, expect=True), request="hold-headers",
                              host=host, path=path)
        assert response.interim[:1] == [100] and response.body == b"done"
        assert seen_by(origin, path).is_whole(Content.of(size))


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_expectation_is_met_without_the_server(start_server, origin, framing):
    """The server leaves it to the origin, which is the plugin."""
    options = server_options(origin, {"do": KEYS}, {"do": ["do"]}, records={"http.send_100_continue_response": 0})
    bodies = Bodies(start_server(**options), origin)
    for size in (1, 50000):
        for script in ("hold-headers", "hold-headers reply-end=403"):
            response = bodies.ask("body=done", Upload(Content.of(size), framing, expect=True), request=script,
                                  response="upper")
            assert response.interim[:1] == [100] and response.body.lower() in (b"done", b"replied")


@pytest.mark.parametrize("early", [100, 103])
def test_interim_answers_do_no_harm(bodies, early):
    for protocol, framing in WAYS:
        with bodies.connect(protocol) as connection:
            for response in (None, "upper"):
                answer = bodies.ask(f"body=done&early={early}", Upload(Content.of(5000), framing),
                                    request="hold-headers", response=response, connection=connection)
                assert (answer.status, answer.body.lower()) == (200, b"done")


@pytest.mark.parametrize("query", ["status=204", "status=304", "content=0"])
def test_answers_without_a_body(bodies, query):
    for protocol, framing in WAYS:
        with bodies.connect(protocol) as connection:
            answer = bodies.ask(query, Upload(Content.of(5000), framing), request="hold-headers", response="upper",
                                connection=connection)
            assert answer.body == b""


# ---------------------------------------------------------------------------------------------------------- when it goes

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "global"])
@pytest.mark.parametrize("script", ["headers=30", "headers=30 upper", "hold-headers pause-end=30 upper",
                                    "headers=1 pause=30 upper"])
def test_headers_and_body_go_on_later(bodies, origin, host, script, protocol, framing):
    with bodies.connect(protocol) as connection:
        for size in (1, 200000):
            path = unique_path()
            response = bodies.ask("body=done", Upload(Content.of(size), framing, pause=0.005), request=script, host=host,
                                  response="upper", path=path, connection=connection)
            assert response.body == b"DONE"
            content = Content.of(size)
            assert seen_by(origin, path).is_whole(content.upper() if "upper" in script else content)


@pytest.mark.parametrize("host, status", [("short", 200), ("closed", 503)])
def test_held_request_that_nobody_continues(bodies, origin, host, status):
    path = unique_path()
    begin = time.monotonic()
    response = bodies.ask("body=done", Upload(Content.of(5000)), request="headers=60000 hold", host=host, path=path)
    assert response.status == status and 0.2 < time.monotonic() - begin < 5
    if status == 200:
        assert seen_by(origin, path).is_whole(Content.of(5000))
    else:
        assert not origin.to(path)


def test_module_closes_a_held_request(bodies):
    for (protocol, framing), script in zip(WAYS, ("close", "close-end", "close", "close-end")):
        with bodies.connect(protocol) as connection, pytest.raises((ProtocolError, ConnectionError)):
            bodies.ask("body=done", Upload(Content.of(5000), framing), request=f"hold-headers {script}",
                       connection=connection)
    assert bodies.ask("body=done", b"1", request="hold-headers").body == b"done"


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "global"])
def test_answer_of_a_call_changes_headers_and_body(bodies, origin, host, protocol, framing):
    with bodies.connect(protocol) as connection:
        path = unique_path()
        script = "hold-headers call=callee,/answer%3Fbody=YES&delay=0.02,5000 call-append"
        response = bodies.ask("body=done", Upload(Content.of(5000), framing), request=script, host=host, path=path,
                              connection=connection)
        assert response.body == b"done"
        request = seen_by(origin, path)
        assert request.is_whole(Content.of(5000) + b"YES") and request.headers.all("x-call") == ["200 YES"]


# ---------------------------------------------------------------------------------------------------------------- chains

@pytest.mark.parametrize("first, second", [("hold-headers append=-FIRST", "append=-SECOND"),
                                           ("append=-FIRST", "hold-headers append=-SECOND"),
                                           ("hold-headers append=-FIRST", "hold-headers append=-SECOND"),
                                           ("headers=20 append=-FIRST", "hold-headers append=-SECOND"),
                                           ("hold-headers append=-FIRST", "headers=20 append=-SECOND")])
@pytest.mark.parametrize("host", ["chain", "twice", "split", "splitback"])
@pytest.mark.parametrize("protocol, framing", WAYS)
def test_one_of_a_chain_holds(bodies, origin, protocol, framing, host, first, second):
    """Those of one plugin's files that see responses at one phase are one stream, the others are not."""
    names = {"chain": ("do", "second"), "twice": ("do", "second"), "split": ("do", "origin"), "splitback": ("origin", "do")}[host]
    headers = [(f"{names[0]}-request-body", first), (f"{names[1]}-request-body", second),
               ("do-response-body", "append=-D"), ("origin-response-body", "append=-O"),
               ("second-response-body", "append=-S")]
    with bodies.connect(protocol) as connection:
        for size in (1, 100000):
            path = unique_path()
            response = bodies.ask("body=done", Upload(Content.of(size), framing), host=host, path=path,
                                  headers=headers, connection=connection)
            assert response.body == (b"done-S-D" if "second" in names else b"done-O-D")
            assert seen_by(origin, path).is_whole(Content.of(size) + b"-FIRST-SECOND")


@pytest.mark.parametrize("outer, inner", [("hold-headers append=-G", "append=-D"), ("append=-G", "hold-headers append=-D"),
                                          ("hold-headers append=-G", "hold-headers append=-D")])
@pytest.mark.parametrize("protocol, framing", WAYS)
def test_global_plugin_and_filter_of_a_rule(bodies, origin, protocol, framing, outer, inner):
    with bodies.connect(protocol) as connection:
        for size in (1, 100000):
            path = unique_path()
            headers = [("global-request-body", outer), ("global-response-body", "append=-G"),
                       ("do-request-body", inner), ("do-response-body", "append=-D")]
            response = bodies.ask("body=done", Upload(Content.of(size), framing), host="do", path=path, headers=headers,
                                  connection=connection)
            assert response.body == b"done-D-G"
            assert seen_by(origin, path).is_whole(Content.of(size) + b"-G-D")


# ------------------------------------------------------------------------------------------------------ what goes wrong

@pytest.mark.parametrize("protocol, framing", WAYS)
def test_body_that_is_too_large_is_refused(bodies, origin, protocol, framing):
    for script in ("hold-headers", "headers=1"):
        path = unique_path()
        with bodies.connect(protocol) as connection:
            response = bodies.ask("body=done", Upload(Content.of(200000), framing, pause=0.01), request=script,
                                  host="small", path=path, connection=connection)
            assert response.status == 413
            assert not origin.to(path)
    assert "limits.body" in bodies.server.log("diags.log") + bodies.server.log("wasm.log")


@pytest.mark.parametrize("how", ["reset", "empty", "garbage", "headers"])
def test_broken_origin_is_a_bad_gateway(bodies, how):
    for protocol, framing in WAYS:
        for size in (10, 100000):
            with bodies.connect(protocol) as connection:
                assert bodies.ask(f"break={how}", Upload(Content.of(size), framing), request="hold-headers",
                                  response="upper", connection=connection).status == 502


@pytest.mark.parametrize("query", ["break=body", "break=chunk&framing=chunked"])
def test_answer_that_breaks_off_is_no_whole_body(bodies, query):
    for size in (1000, 300000):
        try:
            response = bodies.ask(f"content={size}&{query}", Upload(Content.of(size)), request="hold-headers")
        except (ProtocolError, ConnectionError):
            continue
        assert response.status == 502


@pytest.mark.parametrize("host", ["do", "global"])
def test_client_that_leaves(bodies, origin, host):
    """Amid the body, or while the module or the origin lets it wait."""
    for framing in ("length", "chunked"):
        for script, query, most in (("hold-headers", "", 20), ("hold-headers", "", 40000),
                                    ("hold-headers pause-end=200", "", None), ("headers=200", "", 20),
                                    ("hold-headers", "delay=0.2", None)):
            with bodies.server.connect() as connection:
                upload = Upload(Content.of(100000), framing, most=most)
                framed = [format_request("POST", f"/left?{query}", [("Host", f"{host}.test"),
                                                                    (f"{host}-request-body", script),
                                                                    *upload.headers()])]
                upload.send(framed.append)
                connection.send(b"".join(framed))
                time.sleep(0.02)
    assert bodies.ask("body=done", b"1", request="hold-headers", host=host).body == b"done"
    assert bodies.server.settle("proxywasm.streams") == 0


def test_http2_streams_that_are_reset_leave_the_others(bodies, origin):
    """Which is more than there is for bodies that are filtered and not held."""
    with bodies.connect("http2") as connection:
        headers = [("global-request-body", "hold-headers upper")]
        path = unique_path()
        first = connection.open("POST", "/reset", "global.test", headers)
        connection.upload(first, Upload(b"abc", "none"), end_stream=False)
        second = connection.open("POST", path + "?body=done", "global.test", headers)
        connection.reset(first)
        connection.upload(second, Upload(b"def", "none"))
        assert connection.finish(second).body == b"done"
        assert seen_by(origin, path).is_whole(Content(b"DEF"))


# --------------------------------------------------------------------------------------------------------- early answers

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "global"])
@pytest.mark.parametrize("then", ["drain", "linger", "close"])
def test_origin_that_answers_early(bodies, host, then, protocol, framing):
    with Client(bodies, protocol) as client:
        for size in (100, 10000, 1000000) if then == "drain" else (10000,):
            for received in (1000, 300000):
                try:
                    response = client.ask(f"content={received}&answer=early&then={then}",
                                          Upload(Content.of(size), framing), request="hold-headers", response="upper",
                                          host=host, expected=Content.of(received, 1).upper())
                except (ProtocolError, ConnectionError):
                    # What the origin has not read makes a reset of its end, which may overtake the answer.
                    assert then == "close"
                    continue
                assert response.status == 502 and then == "close" or response.difference is None


POSTS = 500 if build.sanitized() else 1000


def early_posts(bodies, number, failures):
    try:
        with Client(bodies) as client:
            for index in range(POSTS):
                host = ("do", "global", "requests")[index % 3]
                framing = ("length", "chunked")[index // 3 % 2]
                response = client.ask("content=2000&answer=early", Upload(Content.of(10000, number), framing), host=host,
                                      request="hold-headers upper set=x-a:1", response="upper",
                                      expected=Content.of(2000, 1).upper() if host != "requests" else Content.of(2000, 1))
                if (response.status, response.difference) != (200, None):
                    failures.append((index, response.status, response.difference))
    except Exception as error:
        failures.append(repr(error))


def test_thousands_of_early_answers_on_two_threads(start_server):
    with Origin() as own:
        filters = {"do": KEYS, "requests": {**KEYS, "response_body": "off"}}
        options = server_options(own, filters, {"do": ["do"], "requests": ["requests"], "global": []}, threads=2)
        options["files"]["global.yaml"] = body_filter("global", **KEYS)
        bodies = Bodies(start_server(plugins=[global_plugin("global.yaml")], **options), own)
        failures = []
        threads = [threading.Thread(target=early_posts, args=(bodies, number, failures)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failures
        assert not own.violations
        assert not bodies.complaints()


@pytest.mark.parametrize("host, status", [("do", 200), ("closed", 503)])
@pytest.mark.parametrize("script", ["hold-headers trap-end", "hold-headers trap"])
def test_trap_in_a_held_request(bodies, origin, host, status, script):
    """The last one: a module that keeps trapping is passed by for a while."""
    for protocol, framing in WAYS:
        with bodies.connect(protocol) as connection:
            assert bodies.ask("body=done", Upload(Content.of(5000), framing), request=script, host=host,
                              connection=connection).status == status
