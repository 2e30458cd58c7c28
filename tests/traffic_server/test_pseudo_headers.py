# SPDX-License-Identifier: Apache-2.0
"""Pseudo-headers tell what was asked, and change method, URL, host, status and route."""

import pytest

from harness.configuration import global_plugin, scripted as scripted_configuration
from harness.scripted import Scripted, Seen, note, notes, unique_path
from harness.server import remap_rule


@pytest.fixture(scope="module")
def routed(start_shared_server, origin, second_origin):
    server = start_shared_server(
        plugins=[global_plugin("scripted.yaml")],
        # The first rule that fits is taken.
        remap=[f"map http://a.test/inner/ http://127.0.0.1:{second_origin.port}/outer/",
               remap_rule("a.test", origin.port), remap_rule("b.test", second_origin.port)],
        files={"scripted.yaml": scripted_configuration()})
    return Scripted(server, "a.test")


def test_request_has_method_path_authority_and_scheme(scripted):
    response = scripted.ask("/where?b=c%20d&e", method="POST", body=b"x",
                            request="get request :method;get request :path;get request :authority;get request :scheme")
    assert notes(response) == [":method=POST", ":path=/where?b=c%2520d&e", ":authority=a.test", ":scheme=http"]


def test_pseudo_headers_come_first(scripted):
    response = scripted.ask(headers=[("x-a", "1")], request="all request")
    names = [":" + text[1:].split("=")[0] if text.startswith(":") else "" for text in notes(response)]
    count = sum(1 for name in names if name)
    assert sorted(names[:count]) == [":authority", ":method", ":path", ":scheme"]


def test_authority_has_the_port_that_the_client_wrote(scripted):
    response = scripted.server.request("GET", unique_path(), f"a.test:{scripted.server.port}",
                                       [("do-request", "get request :authority")])
    assert note(response, ":authority") == f"a.test:{scripted.server.port}"


def test_response_has_its_status(scripted):
    response = scripted.ask(unique_path() + "?status=418", response="get response :status")
    assert response.status == 418
    assert note(response, ":status") == "418"


def test_path_changes_what_the_origin_is_asked(scripted):
    seen = Seen(scripted.ask("/old?x=1", request="replace request :path /new/path?y=2"))
    assert seen.target == "/new/path?y=2"


def test_path_without_a_query_drops_the_query(scripted):
    assert Seen(scripted.ask("/old?x=1", request="replace request :path /new")).target == "/new"


def test_method_changes(scripted):
    assert Seen(scripted.ask(request="replace request :method PURGEIT")).method == "PURGEIT"


def test_status_changes(scripted):
    response = scripted.ask(response="replace response :status 404")
    assert response.status == 404
    assert response.reason == "Not Found"


def test_changed_pseudo_header_is_read_back(scripted):
    response = scripted.ask(request="replace request :path /other;get request :path")
    assert note(response, ":path") == "/other"


def test_authority_changes_the_host_and_the_route(routed, origin, second_origin):
    path = unique_path()
    seen = Seen(routed.ask(path, request="replace request :authority b.test"))
    assert seen.headers.all("host") == ["b.test"]
    assert len(second_origin.to(path)) == 1 and not origin.to(path)


def test_path_changes_the_route(routed, second_origin):
    seen = Seen(routed.ask(request="replace request :path /inner/x?y=1"))
    assert seen.target == "/outer/x?y=1"


def test_unknown_authority_is_not_found_by_the_server(routed):
    assert routed.ask(request="replace request :authority nobody.test").status == 404


@pytest.mark.parametrize("change", ["replace request :path no-slash",
                                    "replace request :path /a%20b", "replace request :path /a%0d%0ab",
                                    "replace request :method G%20ET",
                                    "replace request :authority a%20b", "replace request :authority a/b",
                                    "replace request :nothing x"])
def test_value_that_is_none_is_refused(scripted, change):
    path = unique_path()
    response = scripted.ask(path, request=change)
    assert note(response, "replace") == "2"
    assert Seen(response).target == path and Seen(response).method == "GET"


@pytest.mark.parametrize("status", ["abc", "99", "1000", "-1", "200%20OK"])
def test_status_that_is_none_is_refused(scripted, status):
    response = scripted.ask(response=f"replace response :status {status}")
    assert response.status == 200
    assert note(response, "replace") == "2"


def test_path_changes_what_is_cached(scripted, origin):
    path = unique_path()
    for number in range(3):
        response = scripted.ask(f"/differs/{number}", request=f"replace request :path {path}?cache=60")
        assert response.status == 200
    assert len(origin.to(path)) == 1
