# SPDX-License-Identifier: Apache-2.0
"""Filters of the request's and of the response's body on one transaction, at once."""

import time

import pytest

from harness.bodies import Bodies, Client, counts, filtered, server_options
from harness.build import sanitized
from harness.content import Content
from harness.http1 import ProtocolError, format_request
from harness.origin import Origin
from harness.scripted import unique_path
from harness.upload import Upload

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

WAYS = [("http1", "length"), ("http1", "chunked"), ("http2", "length"), ("http2", "none")]
FILTERS = {"do": {}, "second": {}, "origin": {"response_phase": "origin"}, "closed": {"fail_open": False},
           "buffer": {"request_body": "buffer", "response_body": "buffer"}, "small": {"limits": {"body": "1000"}},
           "requests": {"module": "request_bodies"}, "responses": {"module": "response_bodies"}}
HOSTS = {**{name: [name] for name in FILTERS}, "chain": ["do", "second"], "split": ["requests", "responses"],
         "splitback": ["responses", "requests"]}
PAIRS = [("look", "look"), ("upper append=X", "upper append=Y"), ("hold upper append=X", "upper append=Y"),
         ("upper append=X", "hold upper append=Y"), ("hold empty", "hold empty append=Z"),
         ("pause=20 upper", "pause=20 upper"), ("hold pause-end=20", "headers=20 hold pause-end=20"), ("", "upper"),
         ("upper", "")]


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    server = start_shared_server(**server_options(origin, FILTERS, HOSTS, certificates=certificates, manager=True))
    return Bodies(server, origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


def exchange(bodies, upload, scripts, query="content=1000", size=1000, connection=None, whole=True, **options):
    """A POST through both filters; every byte in both directions is compared."""
    path = unique_path()
    request, response = scripts
    answer = bodies.ask(query, upload, request=request, response=response, path=path, connection=connection,
                        expected=filtered(response, Content.of(size, 1)), **options)
    assert (answer.status, answer.difference) == (200, None)
    seen, = bodies.origin.wait_for(path) if whole else bodies.origin.to(path)
    if whole or seen.complete:
        assert seen.is_whole(filtered(request, upload.content)), (seen.complete, seen.size)
    return answer


# --------------------------------------------------------------------------------------------------------------- bytes

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("scripts", PAIRS)
def test_each_byte_of_both_bodies(bodies, protocol, framing, scripts):
    with bodies.connect(protocol) as connection:
        for sent, received in ((1, 1), (1000, 300000), (300000, 1000), (100000, 100000)):
            for answer in ("length", "chunked"):
                exchange(bodies, Upload(Content.of(sent), framing), scripts, f"content={received}&framing={answer}",
                         received, connection)


@pytest.mark.parametrize("host", ["do", "origin", "split", "splitback"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_each_way_to_have_both(bodies, host, framing):
    names = ("requests", "responses") if host.startswith("split") else (host, host)
    for request, response in PAIRS:
        path = unique_path()
        headers = [(f"{names[0]}-request-body", request), (f"{names[1]}-response-body", response)]
        answer = bodies.ask("content=5000", Upload(Content.of(5000), framing), host=host, path=path, headers=headers,
                            expected=filtered(response, Content.of(5000, 1)))
        assert (answer.status, answer.difference) == (200, None)
        seen, = bodies.origin.wait_for(path)
        assert seen.is_whole(filtered(request, Content.of(5000)))


def test_chain_of_two_that_filter_both(bodies):
    for hold in ("", "hold "):
        path = unique_path()
        answer = bodies.ask("body=answer", Upload(b"request", "chunked"), host="chain", name="do", path=path,
                            request=f"{hold}append=-FIRST", response=f"{hold}append=-FIRST",
                            headers=[("second-request-body", f"{hold}upper append=-SECOND"),
                                     ("second-response-body", f"{hold}upper append=-SECOND")])
        assert answer.body == b"ANSWER-SECOND-FIRST"
        assert bodies.origin.wait_for(path)[0].body == b"REQUEST-FIRST-SECOND"


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_both_are_gathered(bodies, protocol, framing):
    path = unique_path()
    with bodies.connect(protocol) as connection:
        answer = bodies.ask("content=200000&framing=chunked", Upload(Content.of(200000), framing), host="buffer",
                            path=path, request="count append=X", response="count append=Y", connection=connection,
                            expected=Content.of(200000, 1) + b"Y")
    assert (answer.status, answer.difference) == (200, None)
    assert bodies.origin.wait_for(path)[0].is_whole(Content.of(200000) + b"X")
    notes = bodies.notes_of(path)
    for direction in ("request", "response"):
        assert counts(notes, direction)["callbacks"] == 1


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_expectation_is_met_before_the_body(bodies, framing):
    for scripts in PAIRS:
        answer = exchange(bodies, Upload(Content.of(50000), framing, expect=True), scripts)
        assert answer.interim[:1] == [100]


@pytest.mark.parametrize("early", [100, 103])
def test_interim_answers_do_no_harm(bodies, early):
    for scripts in PAIRS:
        exchange(bodies, Upload(Content.of(5000)), scripts, f"content=1000&early={early}")


@pytest.mark.parametrize("query", ["status=204", "status=304", "content=0"])
def test_answers_without_a_body(bodies, query):
    with Client(bodies) as client:
        for request, response in PAIRS:
            path = unique_path()
            answer = client.ask(query, Upload(Content.of(5000), "chunked"), request=request, response=response,
                                path=path)
            assert (answer.status, answer.body) == (int(query[7:]) if "status" in query else 200, b"")
            assert bodies.origin.wait_for(path)[0].is_whole(filtered(request, Content.of(5000)))


# -------------------------------------------------------------------------------------------------------- early answers

@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("scripts", PAIRS)
def test_early_answer(bodies, protocol, framing, scripts):
    for then in ("drain", "linger"):
        for sent, received in ((10, 10), (10000, 10), (10, 300000), (1000000, 1000), (300000, 300000)):
            for how in ("answer=early", "answer-at=1", "answer-at=5000"):
                with bodies.connect(protocol) as connection:
                    exchange(bodies, Upload(Content.of(sent), framing), scripts,
                             f"content={received}&{how}&then={then}", received, connection, whole=False)
    exchange(bodies, Upload(Content.of(100), "length"), scripts)


@pytest.mark.parametrize("scripts", PAIRS)
@pytest.mark.parametrize("then", ["close", "reset"])
def test_early_answer_of_an_origin_that_leaves_is_the_answer_or_a_bad_gateway(bodies, scripts, then):
    expected = filtered(scripts[1], Content.of(1000, 1))
    for framing in ("length", "chunked"):
        for sent in (10, 10000, 1000000):
            try:
                answer = bodies.ask(f"content=1000&answer=early&then={then}", Upload(Content.of(sent), framing),
                                    request=scripts[0], response=scripts[1], expected=expected)
            except (ProtocolError, ConnectionError):
                continue
            assert (answer.status, answer.difference) == (200, None) or answer.status == 502
    exchange(bodies, Upload(Content.of(100), "length"), scripts)


@pytest.mark.parametrize("status", [204, 304, 413, 503])
def test_early_answer_of_each_status(bodies, status):
    for request, response in PAIRS:
        for sent in (10000, 300000):
            answer = bodies.ask(f"status={status}&body=enough&answer=early", Upload(Content.of(sent)), request=request,
                                response=response)
            assert answer.status == status
            assert answer.body == (b"" if status in (204, 304) else bytes(filtered(response, b"enough")))


POSTS = 2000 if sanitized() else 20000
AT_ONCE = 20
SENT = 10000


def early_posts(bodies, own, count, framing):
    """POSTs with both filters on connections that are kept, to an origin that answers early; how many origin
    connections they took."""
    connections = [bodies.server.connect(timeout=60) for _ in range(AT_ONCE)]
    content = Content.of(SENT)
    scripts = PAIRS[1:4]
    wanted = [bytes(filtered(response, b"early")) for _, response in scripts]
    sent = [filtered(request, content) for request, _ in scripts]
    framed = []
    Upload(content, framing).send(framed.append)
    body = b"".join(framed)
    for number in range(0, count, AT_ONCE):
        paths = [f"/early/{framing}/{number + index}" for index in range(AT_ONCE)]
        for index, connection in enumerate(connections):
            request, response = scripts[(number + index) % 3]
            connection.send(format_request("POST", paths[index] + "?body=early&answer=early", [
                ("Host", "do.test"), ("do-request-body", request), ("do-response-body", response),
                *Upload(content, framing).headers()]) + body)
        for index, connection in enumerate(connections):
            answer = connection.read_response()
            assert (answer.status, answer.body) == (200, wanted[(number + index) % 3])
            if answer.headers.get("Connection", "").lower() == "close":
                connection.close()
                connections[index] = bodies.server.connect(timeout=60)
        for index, path in enumerate(paths):
            request, = own.to(path)
            assert not request.complete or request.is_whole(sent[(number + index) % 3])
    for connection in connections:
        connection.close()


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_thousands_of_early_answers_on_two_threads(start_server, framing):
    with Origin() as own:
        bodies = Bodies(start_server(**server_options(own, FILTERS, HOSTS), threads=2), own)
        early_posts(bodies, own, POSTS if framing == "length" else POSTS // 4, framing)
        assert not own.violations
        assert not bodies.complaints()


# ------------------------------------------------------------------------------------------------------ what goes wrong

@pytest.mark.parametrize("scripts", PAIRS)
@pytest.mark.parametrize("how", ["reset", "empty", "garbage", "headers"])
def test_broken_origin_is_a_bad_gateway(bodies, how, scripts):
    for framing in ("length", "chunked"):
        for size in (10, 100000):
            answer = bodies.ask(f"break={how}", Upload(Content.of(size), framing), request=scripts[0],
                                response=scripts[1])
            assert answer.status == 502
    exchange(bodies, Upload(Content.of(100)), scripts)


@pytest.mark.parametrize("scripts", PAIRS)
@pytest.mark.parametrize("query", ["break=body", "break=chunk&framing=chunked"])
def test_answer_that_breaks_off_is_no_whole_body(bodies, scripts, query):
    for size in (1000, 300000):
        for early in ("", "&answer=early"):
            try:
                answer = bodies.ask(f"content={size}&{query}{early}", Upload(Content.of(size)), request=scripts[0],
                                    response=scripts[1])
            except (ProtocolError, ConnectionError):
                continue
            assert answer.status == 502
    exchange(bodies, Upload(Content.of(100)), scripts)


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_local_reply_of_either(bodies, protocol, framing):
    for request, response in (("reply=403", "upper"), ("hold reply-end=403", "upper"), ("upper", "reply=403"),
                              ("hold upper", "hold reply-end=403")):
        for early in ("", "&answer=early"):
            with bodies.connect(protocol) as connection:
                answer = bodies.ask(f"content=100000{early}", Upload(Content.of(100000), framing), request=request,
                                    response=response, connection=connection)
            # The filter of the response may see a reply that the one of the request made.
            assert (answer.status, answer.body.lower()) == (403, b"replied")


@pytest.mark.parametrize("protocol, framing", WAYS)
def test_stream_that_either_closes(bodies, protocol, framing):
    for scripts in (("close", "upper"), ("hold close", "upper"), ("upper", "close"), ("hold upper", "hold close")):
        for early in ("", "&answer=early"):
            with bodies.connect(protocol) as connection, pytest.raises((ProtocolError, ConnectionError)):
                bodies.ask(f"content=100000{early}", Upload(Content.of(100000), framing), request=scripts[0],
                           response=scripts[1], connection=connection)
    exchange(bodies, Upload(Content.of(100)), PAIRS[1])


@pytest.mark.parametrize("host, status", [("do", 200), ("closed", 503)])
def test_trap_of_either(bodies, host, status):
    for scripts in (("trap", ""), ("hold trap-end", ""), ("", "trap"), ("hold", "hold trap-end")):
        for early in ("", "&answer=early"):
            answer = bodies.ask(f"content=10000{early}", Upload(Content.of(10000)), request=scripts[0],
                                response=scripts[1], host=host)
            assert answer.status == status
            assert status == 503 or answer.body == bytes(Content.of(10000, 1))
            time.sleep(0.3)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_limit_of_either(bodies, framing):
    for scripts, status in ((("hold", "look"), 413), (("look", "hold"), 502), (("hold", "hold"), 413)):
        for early in ("", "&answer=early"):
            answer = bodies.ask(f"content=50000{early}", Upload(Content.of(50000), framing, sizes=[900] * 60),
                                request=scripts[0], response=scripts[1], host="small")
            assert answer.status == status


def test_client_that_leaves_at_any_time_does_no_harm(bodies):
    for scripts in PAIRS:
        for early in ("", "&answer=early", "&answer-at=1"):
            for most, wait in ((10, 0.01), (5000, 0.01), (None, 0), (None, 0.01), (None, 0.03)):
                upload = Upload(Content.of(20000), ("length", "chunked")[bool(early)], most=most)
                connection = bodies.server.connect()
                connection.send(format_request("POST", f"{unique_path()}?content=300000{early}", [
                    ("Host", "do.test"), ("do-request-body", scripts[0]), ("do-response-body", scripts[1]),
                    *upload.headers()]))
                upload.send(connection.send)
                time.sleep(wait)
                connection.close()
    for scripts in PAIRS:
        exchange(bodies, Upload(Content.of(100)), scripts)


def test_nothing_is_left_behind(bodies):
    """After all that: no stream, no body."""
    assert bodies.server.settle("proxywasm.streams") == 0
