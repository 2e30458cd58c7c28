# SPDX-License-Identifier: Apache-2.0
"""end_of_stream says whether a body follows."""

import pytest

from harness.configuration import configuration, global_plugin, scripted as scripted_configuration
from harness.scripted import Scripted, note, unique_path
from harness.server import remap_rule


def end_of_stream(response):
    return note(response, "end_of_stream")


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
def test_request_without_a_body_ends_with_its_headers(scripted, method):
    assert end_of_stream(scripted.ask(method=method, request="arguments")) == "1"


@pytest.mark.parametrize("method", ["POST", "PUT", "GET"])
def test_request_with_a_body_does_not(scripted, method):
    assert end_of_stream(scripted.ask(method=method, body=b"x", request="arguments")) == "0"


def test_post_with_length_zero_ends_with_its_headers(scripted):
    response = scripted.ask(method="POST", headers=[("Content-Length", "0")], request="arguments")
    assert end_of_stream(response) == "1"


def test_chunked_request_does_not_end_with_its_headers(scripted):
    with scripted.server.connect() as connection:
        connection.send(f"POST {unique_path()} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"
                        "do-request: arguments\r\n\r\n1\r\nx\r\n0\r\n\r\n".encode())
        assert end_of_stream(connection.read_response("POST")) == "0"


@pytest.mark.parametrize("query", ["size=10", "size=10&framing=chunked", "size=10&framing=close"])
def test_response_with_a_body_does_not_end_with_its_headers(scripted, query):
    assert end_of_stream(scripted.ask(f"{unique_path()}?{query}", response="arguments")) == "0"


@pytest.mark.parametrize("query", ["status=204", "status=304", "size=0"])
def test_response_without_a_body_ends_with_its_headers(scripted, query):
    assert end_of_stream(scripted.ask(f"{unique_path()}?{query}", response="arguments")) == "1"


def test_response_to_head_ends_with_its_headers(scripted):
    assert end_of_stream(scripted.ask(unique_path() + "?size=10", method="HEAD", response="arguments")) == "1"


def test_cache_hit_with_a_body_does_not_end_with_its_headers(scripted):
    path = unique_path() + "?size=10&cache=60"
    scripted.ask(path)
    assert end_of_stream(scripted.ask(path, response="arguments")) == "0"


@pytest.mark.parametrize("method, body, expected", [("GET", b"", "1"), ("POST", b"x", "0")])
def test_http2_request_body_is_seen_coming(scripted, method, body, expected):
    with scripted.server.connect_http2() as connection:
        response = connection.request(method, unique_path(), "a.test", [("do-request", "arguments")], body)
    assert end_of_stream(response) == expected


@pytest.mark.parametrize("place", ["before", "behind"])
def test_module_that_looks_at_no_argument_hides_none_from_others(start_server, origin, place):
    """The filter of headers in C looks at neither the number of headers nor end_of_stream."""
    files = ["filter.yaml", "do.yaml"] if place == "before" else ["do.yaml", "filter.yaml"]
    server = start_server(plugins=[global_plugin(*files)], remap=[remap_rule("a.test", origin.port)],
                          files={"do.yaml": scripted_configuration(),
                                 "filter.yaml": configuration("examples/c/headers", name="filter")})
    ask = Scripted(server, "a.test").ask
    asked, answered = ask(request="arguments"), ask(unique_path() + "?size=0", response="arguments")
    assert (end_of_stream(asked), end_of_stream(answered)) == ("1", "1")
    assert int(note(asked, "headers")) > 4
    assert int(note(answered, "headers")) > 1
