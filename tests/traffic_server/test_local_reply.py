# SPDX-License-Identifier: Apache-2.0
"""A module answers the client itself, at any phase, with any status, headers and body."""

import pytest

from harness.scripted import unique_path, word

BINARY = bytes(range(256))


@pytest.mark.parametrize("status", [200, 201, 204, 299, 301, 304, 400, 403, 404, 429, 451, 500, 503, 599])
def test_status_of_a_reply_to_the_request(scripted, origin, status):
    path = unique_path()
    response = scripted.ask(path, request=f"reply {status} text")
    assert response.status == status
    assert response.text == ("" if status in (204, 304) else "text")
    assert not origin.to(path)


@pytest.mark.parametrize("status", [200, 204, 302, 403, 503])
def test_status_of_a_reply_to_the_response(scripted, origin, status):
    path = unique_path()
    response = scripted.ask(path, response=f"reply {status} text")
    assert response.status == status
    assert response.text == ("" if status == 204 else "text")
    assert len(origin.to(path)) == 1


@pytest.mark.parametrize("phase", ["request", "response"])
def test_headers_of_a_reply(scripted, phase):
    response = scripted.ask(**{phase: "reply 403 no x-a=1 x-b=2 x-a=3 content-type=text/x-odd"})
    assert response.status == 403
    assert response.headers.all("x-a") == ["1", "3"]
    assert response.headers.all("x-b") == ["2"]
    assert response.headers.all("content-type") == ["text/x-odd"]


@pytest.mark.parametrize("phase", ["request", "response"])
def test_binary_body_of_a_reply(scripted, phase):
    response = scripted.ask(**{phase: f"reply 200 {word(BINARY)}"})
    assert response.body == BINARY
    assert response.headers.get("content-length") == "256"


@pytest.mark.parametrize("phase", ["request", "response"])
def test_headers_of_the_origin_are_not_in_a_reply(scripted, phase):
    response = scripted.ask(unique_path() + "?header=x-origin:1&header=set-cookie:a%3D1", **{phase: "reply 403 no"})
    assert "x-origin" not in response.headers and "set-cookie" not in response.headers


def test_reply_to_the_request_meets_the_response_callbacks(scripted):
    response = scripted.ask(request="reply 403 no x-a=1",
                            response="get response :status;get response x-a;replace response x-a 2")
    assert (response.status, response.text) == (403, "no")
    assert response.headers.all("do-note") == [":status=403", "x-a=1"]
    assert response.headers.all("x-a") == ["2"]


def test_fields_of_the_connection_are_the_servers_own(scripted):
    response = scripted.ask(request="reply 200 text content-length=1 transfer-encoding=chunked connection=x upgrade=y")
    assert response.text == "text"
    assert response.headers.all("content-length") == ["4"]
    assert "transfer-encoding" not in response.headers and "upgrade" not in response.headers


def test_reply_without_a_type_is_plain_text(scripted):
    for phase in ("request", "response"):
        assert scripted.ask(**{phase: "reply 403 text"}).headers.get("content-type").startswith("text/plain")


def test_reply_on_a_cache_hit(scripted):
    path = unique_path() + "?cache=60"
    scripted.ask(path)
    response = scripted.ask(path, response="reply 403 hit")
    assert (response.status, response.text) == (403, "hit")
    assert scripted.ask(path).status == 200


def test_reply_is_not_cached(scripted):
    path = unique_path() + "?cache=60"
    assert scripted.ask(path, response="reply 403 no cache-control=max-age%3d60").status == 403
    assert scripted.ask(path).status == 200


def test_reply_to_head_has_no_body(scripted):
    with scripted.server.connect() as connection:
        response = scripted.ask(method="HEAD", request="reply 403 text", connection=connection)
        assert (response.status, response.body) == (403, b"")
        if response.headers.get("connection") != "close":
            assert scripted.ask(connection=connection).status == 200


@pytest.mark.parametrize("size", [0, 1, 100000])
def test_reply_to_a_request_with_a_body(scripted, size):
    with scripted.server.connect() as connection:
        response = scripted.ask(method="POST", body=b"b" * size, request="reply 403 text", connection=connection)
        assert (response.status, response.text) == (403, "text")
        if response.headers.get("connection") != "close":
            assert scripted.ask(connection=connection).status == 200


def test_connection_is_kept_as_the_reply_says(scripted):
    with scripted.server.connect() as connection:
        response = scripted.ask(request="reply 403 text", connection=connection)
        if response.headers.get("connection") == "close":
            assert connection.closed_by_peer()
        else:
            assert scripted.ask(connection=connection).status == 200


def test_replies_over_http2(scripted):
    with scripted.server.connect_http2() as connection:
        scripts = [("do-request", "reply 403 one x-a=1"), ("do-response", "reply 404 two x-a=2"), ("x-none", "")]
        ids = [connection.start("GET", unique_path(), "a.test", [script]) for script in scripts]
        first, second, third = (connection.finish(stream_id) for stream_id in ids)
    assert (first.status, first.text, first.headers.all("x-a")) == (403, "one", ["1"])
    assert (second.status, second.text, second.headers.all("x-a")) == (404, "two", ["2"])
    assert third.status == 200


@pytest.mark.parametrize("phase", ["request", "response"])
def test_reply_to_a_request_of_grpc_over_http2(scripted, phase):
    # Its client looks at no status of HTTP and no body, and takes an answer for one only if its header ends it.
    with scripted.server.connect_http2() as connection:
        response = connection.request("POST", unique_path(), "a.test", [
            ("content-type", "application/grpc+proto"), ("te", "trailers"), (f"do-{phase}", "reply 403 denied x-a=1")],
            b"\0\0\0\0\x02ab")
    assert response.status == 200
    assert response.headers.all("content-type") == ["application/grpc"]
    assert response.headers.all("grpc-status") == ["7"]
    assert response.headers.all("grpc-message") == ["denied"]
    assert response.headers.all("x-a") == ["1"]
    assert response.ends_with_headers and not response.body


def test_reply_to_another_request_has_no_status_of_grpc(scripted):
    response = scripted.ask(request="reply 403 denied", headers=[("content-type", "application/json")])
    assert (response.status, response.text) == (403, "denied")
    assert "grpc-status" not in response.headers


@pytest.mark.parametrize("arguments", ["199 x", "600 x", "0 x", "70000 x", "403 x bad%20name=1", "403 x a=b%0d%0ac:d"])
def test_reply_that_is_none_is_refused(scripted, arguments):
    # The module is told, and asked to pause; its stream goes on when it says so: here it does not, so it is ended.
    response = scripted.ask(request=f"reply {arguments};pause 10")
    assert response.status == 200
    assert "a" not in response.headers and "c" not in response.headers


def test_reply_after_a_pause(scripted):
    """The reply ends the pause; nothing is left that waits."""
    response = scripted.ask(request="pause 10;reply 403 text")
    assert (response.status, response.text) == (403, "text")
