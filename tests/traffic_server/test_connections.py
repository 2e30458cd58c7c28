# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 connections that are kept, HTTP/2 and TLS."""

from harness.http1 import format_request
from harness.scripted import Seen, note, notes, script_headers, unique_path


def test_each_request_of_a_connection_is_a_stream_of_its_own(scripted):
    with scripted.server.connect() as connection:
        for number in range(10):
            response = scripted.ask(connection=connection, request=f"add request x-n {number};note {number}")
            assert Seen(response).headers.all("x-n") == [str(number)]
            assert notes(response) == [str(number)]


def test_pipelined_requests_keep_their_order(scripted):
    with scripted.server.connect() as connection:
        for number in range(10):
            pause = f"pause {(10 - number) * 10}"
            connection.send(format_request("GET", f"{unique_path()}?body={number}", [
                ("Host", "a.test"), *script_headers(request=pause, response=f"note {number}")]))
        for number in range(10):
            response = connection.read_response()
            assert (response.text, notes(response)) == (str(number), [str(number)])


def test_bodies_and_headers_stay_in_step_on_one_connection(scripted):
    with scripted.server.connect() as connection:
        for size in (0, 1, 70000, 0, 10):
            response = scripted.ask(connection=connection, method="POST", body=b"z" * size,
                                    request="add request x-a 1", response="add response x-b 2")
            assert len(Seen(response).body) == size
            assert response.headers.all("x-b") == ["2"]


def test_http_1_0_client(scripted):
    with scripted.server.connect() as connection:
        connection.send(f"GET {unique_path()} HTTP/1.0\r\nHost: a.test\r\ndo-request: get request :path\r\n"
                        "do-response: property request.protocol\r\n\r\n".encode())
        response = connection.read_response()
    assert response.status == 200
    assert note(response, "request.protocol") == "HTTP/1.0"


def test_tls(scripted):
    response = scripted.ask(tls=True, request="get request :scheme;add request x-a 1",
                            response="property request.protocol")
    assert Seen(response).headers.all("x-a") == ["1"]
    assert note(response, ":scheme") == "https"
    assert note(response, "request.protocol") == "HTTP/1.1"


def test_http2(scripted):
    scripts = script_headers(
        request="get request :scheme;get request :authority;get request :path;add request x-a 1",
        response="property request.protocol;add response x-b 2")
    path = unique_path()
    with scripted.server.connect_http2() as connection:
        response = connection.request("GET", path, "a.test", scripts)
    assert Seen(response).headers.all("x-a") == ["1"]
    assert response.headers.all("x-b") == ["2"]
    assert notes(response) == [":scheme=https", ":authority=a.test", f":path={path}", "request.protocol=HTTP/2"]


def test_many_streams_of_one_http2_connection_stay_apart(scripted):
    with scripted.server.connect_http2() as connection:
        ids = [connection.start("POST", unique_path(), "a.test",
                                script_headers(request=f"add request x-n {n}", response=f"note {n}"), b"b" * n)
               for n in range(50)]
        for number, stream_id in enumerate(ids):
            response = connection.finish(stream_id)
            assert Seen(response).headers.all("x-n") == [str(number)]
            assert len(Seen(response).body) == number
            assert notes(response) == [str(number)]


def test_http2_metadata_does_no_harm(scripted):
    """The server discards frames of types that it does not know, before any plugin could see them."""
    frame = b"\x00\x00\x0a\x4d\x04"  # ten bytes of METADATA, with END_METADATA
    with scripted.server.connect_http2() as connection:
        stream_id = connection.start("POST", unique_path(), "a.test", [("content-length", "4")], end_stream=False)
        connection.socket.sendall(frame + stream_id.to_bytes(4, "big") + bytes(10))
        connection.protocol.send_data(stream_id, b"body", end_stream=True)
        connection.socket.sendall(connection.protocol.data_to_send())
        response = connection.finish(stream_id)
    assert response.status == 200
    assert Seen(response).body == b"body"
