# SPDX-License-Identifier: Apache-2.0
"""Requests whose headers are held until the body was seen, and then changed, routed elsewhere or answered."""

import pytest

from harness.bodies import Bodies, body_filter, server_options
from harness.configuration import global_plugin
from harness.content import Content
from harness.scripted import unique_path
from harness.server import remap_rule, tls_remap_rule
from harness.upload import Upload

pytestmark = pytest.mark.usefixtures("strict_origin")

WAYS = [("http1", "length"), ("http1", "chunked"), ("http2", "length"), ("http2", "none")]
SIZES = (1, 5000, 200000)
KEYS = {"allow_on_headers_stop_iteration": True}


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, second_origin, certificates):
    """A host for each way of configuring the filter; "global.test" has it as a global plugin, "elsewhere.test" leads to
    the second origin."""
    filters = {"do": KEYS, "origin": {**KEYS, "response_phase": "origin"}, "second": KEYS,
               "requests": {**KEYS, "response_body": "off"}, "small": {**KEYS, "limits": {"body": "1000"}}}
    hosts = {**{name: [name] for name in filters}, "chain": ["do", "second"], "global": [], "both": ["second"]}
    options = server_options(origin, filters, hosts, certificates=certificates, manager=True)
    options["remap"] += [remap_rule("elsewhere.test", second_origin.port),
                         tls_remap_rule("elsewhere.test", second_origin.port)]
    options["files"]["global.yaml"] = body_filter("global", **KEYS)
    return Bodies(start_shared_server(plugins=[global_plugin("global.yaml")], **options), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


def seen_by(server, path):
    """The one request that an origin got for a path."""
    request, = server.wait_for(path)
    assert request.complete
    return request


@pytest.mark.parametrize("protocol, framing", WAYS)
@pytest.mark.parametrize("host", ["do", "origin", "requests", "global"])
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
