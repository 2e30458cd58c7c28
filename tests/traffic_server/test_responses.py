# SPDX-License-Identifier: Apache-2.0
"""Every kind of response meets the module: without a body, from an origin that fails, of the server itself."""

import pytest

from harness.configuration import global_plugin, scripted as scripted_configuration
from harness.ports import refusing_port
from harness.scripted import Scripted, note, unique_path
from harness.server import remap_rule

MARK = "add response x-met yes;get response :status"


def met(response):
    return response.headers.all("x-met") == ["yes"] and note(response, ":status") == str(response.status)


def test_head(scripted):
    response = scripted.ask(unique_path() + "?size=10", method="HEAD", response=MARK)
    assert response.headers.get("Content-Length") == "10"
    assert met(response)


@pytest.mark.parametrize("status", [200, 201, 204, 206, 301, 304, 400, 404, 500, 503])
def test_each_status(scripted, status):
    response = scripted.ask(f"{unique_path()}?status={status}", response=MARK)
    assert response.status == status
    assert met(response)


def test_interim_response_does_not_count_as_the_response(scripted):
    response = scripted.ask(unique_path() + "?early=103&body=x", response=MARK)
    assert response.headers.all("x-met") == ["yes"]
    assert (response.status, response.text) == (200, "x")


def test_expect_continue_is_answered(scripted):
    with scripted.server.connect() as connection:
        connection.send(f"POST {unique_path()} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n"
                        f"do-response: {MARK}\r\n\r\n".encode())
        connection.send(b"hello")
        response = connection.read_response("POST")
    assert response.json()["body"] == "hello"
    assert response.headers.all("x-met") == ["yes"]


@pytest.mark.parametrize("how", ["reset", "empty", "garbage", "headers"])
def test_broken_origin_gives_a_bad_gateway_that_the_module_sees(scripted, how):
    response = scripted.ask(f"{unique_path()}?break={how}", response=MARK)
    assert response.status == 502
    assert met(response)


def test_refusing_origin_gives_a_bad_gateway_that_the_module_sees(start_server):
    server = start_server(plugins=[global_plugin("a.yaml")], remap=[remap_rule("a.test", refusing_port())],
                          files={"a.yaml": scripted_configuration()})
    response = Scripted(server, "a.test").ask(response=MARK)
    assert response.status == 502
    assert met(response)


def test_unmapped_host_gives_a_response_that_the_module_sees(scripted):
    response = Scripted(scripted.server, "unmapped.test").ask(response=MARK)
    assert response.status == 404
    assert met(response)


def test_module_turns_an_error_into_another(scripted):
    response = scripted.ask(unique_path() + "?break=reset", response="replace response :status 504")
    assert response.status == 504


def test_malformed_request_is_refused_and_the_server_lives(scripted):
    with scripted.server.connect() as connection:
        connection.send(b"GET / HTTP/1.1\r\nHost: a.test\r\nx-nul: a\0b\r\n\r\n")
        assert connection.read_response().status == 400
    assert scripted.ask().status == 200


def test_client_that_leaves_does_no_harm(scripted):
    for script in ("", "do-request: pause 50\r\n", "do-response: pause 50\r\n"):
        connection = scripted.server.connect()
        connection.send(f"GET {unique_path()}?delay=0.1 HTTP/1.1\r\nHost: a.test\r\n{script}\r\n".encode())
        connection.close()
    assert scripted.ask().status == 200
