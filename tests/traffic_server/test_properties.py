# SPDX-License-Identifier: Apache-2.0
"""Properties that modules read and set."""

import time

import pytest

from harness.scripted import Seen, note, notes, script_headers, unique_path


def prop(scripted, path, phase="response", **options):
    """The value of a property, as the module sees it in a phase."""
    return note(scripted.ask(**{phase: f"property {path}"}, **options), path)


def number(scripted, path, phase="response", **options):
    value = note(scripted.ask(**{phase: f"number {path}"}, **options), path)
    return None if value is None else int(value)


@pytest.mark.parametrize("path, value", [
    ("request.path", "/p/q?x=1&y"), ("request.url_path", "/p/q"), ("request.query", "x=1&y"),
    ("request.host", "a.test"), ("request.scheme", "http"), ("request.method", "GET"),
    ("request.protocol", "HTTP/1.1"), ("request.headers.x-odd", "odd"), ("request.referer", "http://from.test/"),
    ("request.headers.:path", "/p/q?x=1&y"), ("request.headers.:method", "GET"), ("request.headers.host", "a.test"),
    ("request.useragent", "agent/1"),
])
def test_property_of_the_request(scripted, path, value):
    headers = [("x-odd", "odd"), ("Referer", "http://from.test/"), ("User-Agent", "agent/1")]
    assert prop(scripted, path, "request", target="/p/q?x=1&y", headers=headers) == value


def test_request_has_an_id_and_a_time(scripted):
    assert prop(scripted, "request.id", "request", headers=[("x-request-id", "some-id")]) == "some-id"
    stamp = number(scripted, "request.time", "request")
    assert abs(stamp / 1e9 - time.time()) < 5


def test_request_sizes(scripted):
    body = b"b" * 5000
    response = scripted.ask(method="POST", body=body, response="number request.size;number request.total_size")
    assert note(response, "request.size") == "5000"
    assert int(note(response, "request.total_size")) > 5000


def test_duration_is_known_in_the_log_phase(scripted):
    since = len(scripted.server.log())
    scripted.ask(unique_path() + "?delay=0.05", log="number request.duration")
    found = scripted.server.wait_for_log(r"request\.duration=(\d+)", since=since)
    assert 40_000_000 < int(found.group(1)) < 5_000_000_000


def test_addresses(scripted):
    with scripted.server.connect() as connection:
        client_port = connection.socket.getsockname()[1]
        response = scripted.ask(connection=connection, request="property source.address;number source.port;"
                                "property destination.address;number destination.port")
    assert note(response, "source.address").split(":")[0] == "127.0.0.1"
    assert note(response, "source.port") == str(client_port)
    assert note(response, "destination.address").split(":")[0] == "127.0.0.1"
    assert note(response, "destination.port") == str(scripted.server.port)


def test_upstream_addresses(scripted, origin):
    response = scripted.ask(response="property upstream.address;number upstream.port;property upstream.local_address;"
                            "number upstream.local_port")
    assert note(response, "upstream.address").split(":")[0] == "127.0.0.1"
    assert note(response, "upstream.port") == str(origin.port)
    assert note(response, "upstream.local_address").split(":")[0] == "127.0.0.1"
    assert int(note(response, "upstream.local_port")) > 0


def test_upstream_is_not_known_before_there_is_one(scripted):
    assert notes(scripted.ask(request="property upstream.address")) == ["property=1"]


@pytest.mark.parametrize("path, value", [("response.headers.x-a", "1")])
def test_property_of_the_response(scripted, path, value):
    assert prop(scripted, path, target=unique_path() + "?header=x-a:1") == value


def test_response_code(scripted):
    assert number(scripted, "response.code", target=unique_path() + "?status=404") == 404


def test_response_sizes_are_known_in_the_log_phase(scripted):
    since = len(scripted.server.log())
    scripted.ask(unique_path() + "?size=5000", log="number response.size;number response.total_size")
    assert scripted.server.wait_for_log(r"response\.size=(\d+)", since=since).group(1) == "5000"
    assert int(scripted.server.wait_for_log(r"response\.total_size=(\d+)", since=since).group(1)) > 5000


def test_properties_of_the_plugin(scripted):
    assert prop(scripted, "plugin_name") == "do"
    assert prop(scripted, "plugin_vm_id") == "do"
    assert prop(scripted, "plugin_root_id") == ""


def test_tls_properties(scripted):
    with scripted.server.connect(tls=True) as connection:
        response = scripted.ask(
            connection=connection,
            request="property connection.tls_version;property connection.requested_server_name;"
                    "property connection.mtls;property connection.subject_local_certificate;"
                    "property connection.dns_san_local_certificate;property connection.subject_peer_certificate")
    assert note(response, "connection.tls_version") == "TLSv1.3"
    assert note(response, "connection.requested_server_name") == "proxy.test"
    assert note(response, "connection.mtls") == "%00"
    assert "proxy.test" in note(response, "connection.subject_local_certificate")
    assert note(response, "connection.dns_san_local_certificate") == "proxy.test"
    assert note(response, "connection.subject_peer_certificate") is None


@pytest.mark.parametrize("path", ["connection.id", "connection_id"])
def test_connection_id_stays_the_same_on_a_connection(scripted, path):
    with scripted.server.connect() as one, scripted.server.connect() as two:
        first, second, other = (note(scripted.ask(connection=c, request=f"number {path}"), path)
                                for c in (one, one, two))
    assert first is not None
    assert first == second != other


def test_protocol_over_http2(scripted):
    with scripted.server.connect_http2() as connection:
        response = connection.request("GET", unique_path(), "a.test",
                                      script_headers(request="property request.protocol"))
    assert note(response, "request.protocol") == "HTTP/2"


@pytest.mark.parametrize("path", ["nothing", "request.nothing", "connection.nothing.at_all", "request"])
def test_unknown_property_is_not_found(scripted, path):
    assert note(scripted.ask(request=f"property {path}"), "property") == "1"


def test_tls_properties_of_a_plain_connection_are_not_found(scripted):
    assert notes(scripted.ask(request="property connection.tls_version")) == ["property=1"]


def test_property_that_a_module_sets_is_read_later(scripted):
    response = scripted.ask(request="set_property my.own value%20one", response="property my.own")
    assert note(response, "my.own") == "value one"


def test_property_of_one_stream_is_not_seen_by_another(scripted):
    scripted.ask(request="set_property my.secret x")
    assert note(scripted.ask(request="property my.secret"), "property") == "1"


@pytest.mark.parametrize("change, attribute, expected", [
    ("set_property request.url_path /other", "target", "/other?q=1"),
    ("set_property request.query z=2", "target", "/somewhere?z=2"),
    ("set_property request.method PROPERTY", "method", "PROPERTY"),
])
def test_property_that_the_server_reacts_to(scripted, change, attribute, expected):
    assert getattr(Seen(scripted.ask("/somewhere?q=1", request=change)), attribute) == expected


def test_header_properties_are_set(scripted):
    response = scripted.ask(request="set_property request.headers.x-set 1",
                            response="set_property response.headers.x-set 2")
    assert Seen(response).headers.get("x-set") == "1"
    assert response.headers.get("x-set") == "2"


@pytest.mark.parametrize("change", [
    "request.headers.x-a a%0d%0aevil:%201", "request.headers.x-a a%0ab", "request.headers.x-a a%00b",
    "request.headers.a%20b 1", "request.headers.a%0d%0ab 1",
])
def test_header_property_that_would_split_the_request_is_refused(scripted, change):
    response = scripted.ask(request=f"set_property {change}")
    seen = Seen(response)
    assert note(response, "set_property") == "2"
    assert not {"evil", "x-a", "a"} & {name for name, _ in seen.headers}
