# SPDX-License-Identifier: Apache-2.0
"""Bodies through a server without any plugin: what the tests of bodies expect holds there, or is said not to hold."""

import time

import pytest

from harness.bodies import Bodies, filtered, server_options
from harness.content import Content, difference
from harness.http1 import Connection, ProtocolError, format_request
from harness.origin import Origin
from harness.scripted import unique_path
from harness.upload import Upload, random_sizes

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

SIZES = [0, 1, 1000, 32768, 65537, 1000003]
RESPONSE_FRAMINGS = ["length", "chunked", "close"]


@pytest.fixture(scope="module")
def bare(start_shared_server, origin, certificates):
    server = start_shared_server(**server_options(origin, {}, {"bare": []}, certificates=certificates))
    return Bodies(server, origin, "bare")


def whole(origin, path, content):
    request, = origin.wait_for(path)
    assert request.is_whole(content), (request.size, content.size, request.complete)
    return request


# ------------------------------------------------------------------------------------------------- the harness's own

def test_difference_is_told_with_its_place():
    content = Content.of(3000000, 3)
    whole_body = bytes(content)
    assert difference(whole_body, content) is None
    assert "ends after 2999999" in difference(whole_body[:-1], content)
    assert "beyond" in difference(whole_body + b"x", content)
    assert "at byte 2000000" in difference(whole_body[:2000000] + b"\0" + whole_body[2000001:], content)
    assert difference(whole_body[:1000000] + whole_body[1000001:], content)


def test_contents_of_seeds_differ_and_add_up():
    assert bytes(Content.of(1000, 1)) != bytes(Content.of(1000, 2))
    joined = b"<" + Content.of(2000000, 1).upper() + b">"
    assert bytes(joined) == b"<" + bytes(Content.of(2000000, 1)).upper() + b">"
    assert joined.size == 2000002


def test_model_of_the_module():
    assert bytes(filtered("upper prepend=A append=B", b"abc")) == b"AABCB"
    assert bytes(filtered("hold splice=1,1,XY splice=max,0,Z", b"abc")) == b"aXYcZ"
    assert bytes(filtered("fill=%20", b"")) == b" "


def test_upload_comes_in_its_sizes():
    pieces = list(Upload(Content.of(500000), sizes=random_sizes(1, 3000)).pieces())
    assert b"".join(pieces) == bytes(Content.of(500000)) and 100 < len(pieces) and max(map(len, pieces)) <= 3000


@pytest.mark.parametrize("request_bytes", [
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcdef\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nabcde",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n"])
def test_origin_notices_what_could_be_smuggled(request_bytes):
    with Origin() as own:
        with Connection(own.port) as connection:
            connection.send(request_bytes)
            b"".join(connection.reader.rest())
        assert len(own.violations) == 1


def test_request_that_ends_early_is_not_complete():
    with Origin() as own:
        with Connection(own.port) as connection:
            connection.send(b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc")
        request, = own.wait_for("/a")
        assert (request.complete, request.body) == (False, b"abc") and not own.violations


# ---------------------------------------------------------------------------------------------------------- responses

@pytest.mark.parametrize("protocol", ["http1", "http2"])
@pytest.mark.parametrize("framing", RESPONSE_FRAMINGS)
def test_response_is_whole(bare, protocol, framing):
    with bare.connect(protocol) as connection:
        for size in SIZES:
            response = bare.get(f"content={size}&framing={framing}", connection=connection,
                                expected=Content.of(size, 1))
            assert (response.status, response.difference) == (200, None)


@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_response_in_random_pieces_is_whole(bare, protocol):
    with bare.connect(protocol) as connection:
        for seed in range(6):
            framing = ("length", "chunked")[seed % 2]
            response = bare.get(f"content=100000&framing={framing}&pieces={seed}", connection=connection,
                                expected=Content.of(100000, 1))
            assert response.difference is None


# ----------------------------------------------------------------------------------------------------------- requests

@pytest.mark.parametrize("protocol, framing", [("http1", "length"), ("http1", "chunked"), ("http2", "length"),
                                               ("http2", "none")])
def test_request_is_whole(bare, origin, protocol, framing):
    with bare.connect(protocol) as connection:
        for size in SIZES:
            path = unique_path()
            content = Content.of(size, 2)
            response = bare.ask("body=done", Upload(content, framing), path=path, connection=connection)
            assert (response.status, response.body) == (200, b"done")
            whole(origin, path, content)


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_request_in_random_pieces_is_whole(bare, origin, framing):
    with bare.server.connect() as connection:
        for seed in range(6):
            path = unique_path()
            content = Content.of(20000, seed)
            upload = Upload(content, framing, random_sizes(seed, 5000), wire=range(0, 20000, 777 + seed))
            assert bare.ask("body=done", upload, path=path, connection=connection).body == b"done"
            whole(origin, path, content)


@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_64_megabytes_go_both_ways(bare, origin, protocol):
    size = 64 << 20
    path = unique_path()
    content = Content.of(size, 5)
    with bare.connect(protocol) as connection:
        response = bare.ask(f"content={size}", Upload(content), path=path, connection=connection,
                            expected=Content.of(size, 1))
    assert (response.status, response.difference) == (200, None)
    whole(origin, path, content)


def test_expectation_is_met_before_the_body(bare, origin):
    path = unique_path()
    content = Content.of(50000, 1)
    response = bare.ask("body=done", Upload(content, expect=True), path=path)
    assert (response.interim, response.body) == ([100], b"done")
    whole(origin, path, content)


# -------------------------------------------------------------------------------------------------------- early answers

@pytest.fixture(scope="module")
def without_pool(start_shared_server, origin):
    """Traffic Server 9.2 puts a connection to the origin back into its pool after an early answer although the rest of
    the request's body was not sent: the next request on it is then read as that body. Without a pool it cannot."""
    server = start_shared_server(**server_options(origin, {}, {"bare": []}, records={"http.keep_alive_enabled_out": 0}))
    return Bodies(server, origin, "bare")


@pytest.mark.parametrize("then", ["drain", "linger"])
@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_early_answer_reaches_the_client(without_pool, then, framing):
    for size in (10, 10000, 300000):
        response = without_pool.ask(f"status=413&body=enough&answer=early&then={then}",
                                    Upload(Content.of(size), framing))
        assert (response.status, response.body) == (413, b"enough")


def test_answer_amid_the_body_reaches_the_client(without_pool):
    for at in (1, 5000, 200000):
        response = without_pool.ask(f"body=mid&answer-at={at}", Upload(Content.of(300000)))
        assert (response.status, response.body) == (200, b"mid")


@pytest.mark.parametrize("then", ["close", "reset"])
def test_early_answer_of_an_origin_that_leaves_is_the_answer_or_a_bad_gateway(without_pool, then):
    for size in (10, 10000, 300000):
        try:
            response = without_pool.ask(f"status=413&body=enough&answer=early&then={then}", Upload(Content.of(size)))
        except (ProtocolError, ConnectionError):
            continue
        assert (response.status, response.body) == (413, b"enough") or response.status == 502


def test_origin_that_never_answers_is_a_gateway_timeout(start_server, origin):
    server = start_server(**server_options(origin, {}, {"bare": []}, records={
        "http.transaction_no_activity_timeout_out": 1}))
    assert Bodies(server, origin, "bare").ask("answer=never", Upload(b"abc")).status == 504


# ------------------------------------------------------------------------------------------------------------- trailers

def test_trailers_of_requests_and_responses_pass(bare, origin):
    path = unique_path()
    upload = Upload(b"content", "chunked", trailers=[("x-sum", "7")])
    response = bare.ask("body=abc&framing=chunked&trailer=x-t:1", upload, path=path)
    assert (response.body, response.trailers.all("x-t")) == (b"abc", ["1"])
    request, = origin.to(path)
    assert (request.body, request.trailers.all("x-sum")) == (b"content", ["7"])


def test_http2_clients_never_get_trailers(bare):
    """Traffic Server 9.2 has no code for trailing HEADERS: they are dropped on the way."""
    with bare.server.connect_http2() as connection:
        response = bare.get("body=abc&framing=chunked&trailer=x-t:1", connection=connection)
        assert (response.body, response.trailers) == (b"abc", [])


# --------------------------------------------------------------------------------------------------- clients that leave

def test_client_that_leaves_amid_its_body_leaves_no_whole_request(bare, origin):
    for framing in ("length", "chunked"):
        path = unique_path()
        upload = Upload(Content.of(100000), framing, most=50000)
        connection = bare.server.connect()
        connection.send(format_request("POST", path, [("Host", "bare.test"), *upload.headers()]))
        upload.send(connection.send)
        time.sleep(0.1)
        connection.close()
        request, = origin.wait_for(path)
        assert not request.complete and request.size <= 50000
