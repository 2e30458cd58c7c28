# SPDX-License-Identifier: Apache-2.0
"""What a module does to header maps is what the origin and the client see."""

import pytest

from harness.scripted import Seen, note, notes, unique_path


def test_added_request_header_reaches_the_origin(scripted):
    seen = Seen(scripted.ask(request="add request x-new one"))
    assert seen.headers.all("x-new") == ["one"]


def test_add_keeps_the_values_that_are_there(scripted):
    seen = Seen(scripted.ask(headers=[("x-a", "1"), ("x-a", "2")], request="add request x-a 3"))
    assert ",".join(seen.headers.all("x-a")).replace(" ", "") == "1,2,3"


def test_replace_leaves_exactly_one_value(scripted):
    seen = Seen(scripted.ask(headers=[("x-a", "1"), ("x-b", "-"), ("X-A", "2")], request="replace request x-a 3"))
    assert seen.headers.all("x-a") == ["3"]
    assert seen.headers.all("x-b") == ["-"]


def test_replace_creates_a_header_that_is_not_there(scripted):
    assert Seen(scripted.ask(request="replace request x-a 3")).headers.all("x-a") == ["3"]


def test_remove_takes_every_value(scripted):
    seen = Seen(scripted.ask(headers=[("x-a", "1"), ("x-b", "-"), ("x-A", "2")], request="remove request x-a"))
    assert "x-a" not in seen.headers
    assert seen.headers.all("x-b") == ["-"]


def test_remove_of_nothing_is_no_error(scripted):
    response = scripted.ask(request="remove request x-nothing")
    assert notes(response) == []


def test_set_replaces_the_whole_map_and_keeps_pseudo_headers(scripted):
    path = unique_path()
    seen = Seen(scripted.ask(path, headers=[("x-old", "1")], request="set request host=a.test x-a=1 x-a=2 x-b=3"))
    assert (seen.target, seen.method) == (path, "GET")
    assert "x-old" not in seen.headers
    assert ",".join(seen.headers.all("x-a")).replace(" ", "") == "1,2"
    assert seen.headers.all("x-b") == ["3"]


def test_names_compare_without_case(scripted):
    response = scripted.ask(headers=[("X-MiXeD", "value")], request="get request x-mixed")
    assert note(response, "x-mixed") == "value"


def test_missing_header_is_not_found(scripted):
    assert notes(scripted.ask(request="get request x-nothing")) == ["get=1"]


def test_all_gives_repeated_names_one_by_one_in_order(scripted):
    response = scripted.ask(headers=[("x-a", "1"), ("x-b", "2"), ("x-a", "3")], request="all request")
    assert [text for text in notes(response) if text.startswith(("x-a=", "x-b="))] == ["x-a=1", "x-b=2", "x-a=3"]


def test_size_is_that_of_the_pairs(scripted):
    response = scripted.ask(headers=[("x-a", "1"), ("X-B", ""), ("x-a", "three")], request="size request",
                            response="size response")
    sizes = [int(text.split("=")[1]) for text in notes(response) if text.startswith(("size=", "pairs="))]
    assert sizes[0] == sizes[1] > 0
    assert sizes[2] == sizes[3] > 0


def test_get_joins_repeated_values(scripted):
    response = scripted.ask(headers=[("x-a", "1"), ("x-a", "2"), ("Cookie", "a=1"), ("Cookie", "b=2")],
                            request="get request x-a;get request cookie")
    assert notes(response) == ["x-a=1, 2", "cookie=a=1; b=2"]


def test_names_are_in_lower_case(scripted):
    response = scripted.ask(unique_path() + "?header=X-Upper:1", headers=[("X-Upper", "2"), ("hOST-lIKE", "3")],
                            request="all request", response="all response")
    assert [text for text in notes(response) if text.lower().startswith(("x-upper", "host-like"))] == [
        "x-upper=2", "host-like=3", "x-upper=1"]


def test_value_keeps_every_byte_that_a_header_can_have(scripted):
    value = "a\tb \"c\" d;e,f=\xe9\xff"
    response = scripted.ask(headers=[("x-odd", value)], request="get request x-odd;add request x-copy %e9%09%ff")
    assert note(response, "x-odd") == "a%09b \"c\" d;e,f=%e9%ff"
    assert Seen(response).headers.get("x-copy") == "\xe9\t\xff"


@pytest.mark.parametrize("value", ["a%0d%0aevil:%201", "a%0ab", "a%00b"])
def test_value_that_would_split_the_request_is_refused(scripted, value):
    response = scripted.ask(request=f"add request x-a {value}")
    seen = Seen(response)
    assert note(response, "add") == "2"
    assert "evil" not in seen.headers and "x-a" not in seen.headers


@pytest.mark.parametrize("name", ["a%20b", "a%0d%0ab", "a%3a"])
def test_name_that_is_no_token_is_refused(scripted, name):
    assert note(scripted.ask(request=f"add request {name} 1"), "add") == "2"


def test_long_header_reaches_the_module_and_the_origin(scripted):
    long = "x" * 20000
    response = scripted.ask(headers=[("x-long", long)], request="add request x-more 1")
    assert Seen(response).headers.get("x-long") == long


def test_many_headers_are_counted(scripted):
    headers = [(f"x-{number}", str(number)) for number in range(150)]
    response = scripted.ask(headers=headers, request="arguments")
    # Host and do-request are sent, too; :method, :path, :authority and :scheme are headers for a module.
    assert int(note(response, "headers")) >= len(headers) + 4


def test_response_headers_are_added_replaced_and_removed(scripted):
    response = scripted.ask(
        unique_path() + "?header=x-a:1&header=x-a:2&header=x-b:3&header=x-c:4",
        response="add response x-a 5;replace response x-b 6;remove response x-c;replace response x-d 7")
    assert response.headers.all("x-a") == ["1", "2", "5"]
    assert response.headers.all("x-b") == ["6"]
    assert "x-c" not in response.headers
    assert response.headers.all("x-d") == ["7"]


def test_response_reads_request_and_response_headers(scripted):
    response = scripted.ask(unique_path() + "?header=x-a:1", headers=[("x-q", "2")],
                            response="get response x-a;get request x-q")
    assert (note(response, "x-a"), note(response, "x-q")) == ("1", "2")


def test_repeated_response_headers_stay_apart(scripted):
    response = scripted.ask(unique_path() + "?header=set-cookie:a%3D1&header=set-cookie:b%3D2",
                            response="all response;add response set-cookie c%3d3")
    assert [text for text in notes(response) if text.startswith("set-cookie")] == ["set-cookie=a=1", "set-cookie=b=2"]
    assert response.headers.all("set-cookie") == ["a=1", "b=2", "c=3"]


def test_response_map_is_not_there_in_the_request_phase(scripted):
    assert notes(scripted.ask(request="get response server;add response x-a 1")) != []


def test_request_body_passes_untouched(scripted):
    body = bytes(range(256)) * 1000
    seen = Seen(scripted.ask(method="POST", body=body, request="add request x-new 1"))
    assert seen.body == body
    assert seen.headers.get("x-new") == "1"


def test_chunked_request_body_passes_untouched(scripted):
    with scripted.server.connect() as connection:
        connection.send(f"POST {unique_path()} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n"
                        "do-request: add request x-new 1\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n".encode())
        seen = Seen(connection.read_response("POST"))
    assert seen.body == b"hello world"
    assert seen.headers.get("x-new") == "1"


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_response_body_passes_untouched(scripted, framing):
    response = scripted.ask(f"{unique_path()}?size=300000&framing={framing}", response="add response x-new 1")
    assert response.body == (b"0123456789abcdef" * 18750)
    assert response.headers.get("x-new") == "1"
