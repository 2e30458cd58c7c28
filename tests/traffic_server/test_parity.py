# SPDX-License-Identifier: Apache-2.0
"""`proxywasm run` shows the same headers and trailers as Traffic Server, for the same module and the same request."""

import json
import subprocess

import pytest

from harness import build
from harness.bodies import body_filter
from harness.configuration import configuration, remap_plugin, scripted as scripted_configuration
from harness.http1 import Connection, format_request
from harness.scripted import script_headers
from harness.server import remap_rule

# What Traffic Server itself adds or takes on the way.
OF_THE_SERVER = {"client-ip", "x-forwarded-for", "date", "age", "server", "connection", "transfer-encoding"}

MODULES = {"scripted": scripted_configuration(), "c": configuration("examples/c/headers", log_level="warn"),
           "rust": configuration("examples/rust/headers", log_level="warn"),
           "token-c": configuration("examples/c/token"), "token-rust": configuration("examples/rust/myfilter"),
           "named": configuration("examples/c/headers", configuration="somebody"),
           "bodies": body_filter(), "shown": body_filter(allow_on_headers_stop_iteration=True),
           "unaware": body_filter(module="request_bodies"),
           "unaware-response": body_filter(module="response_bodies")} if build.MODULES.is_dir() else {}

# name: (module, method, target, headers). The target's query tells the origin what to answer.
CASES = {
    "header filter in C": ("c", "GET", "/a?b=c", [("x-filtered-by", "client"), ("x-a", "1")]),
    "header filter in Rust": ("rust", "GET", "/a?b=c", [("x-a", "1"), ("x-a", "2")]),
    "header filter with a configuration": ("named", "POST", "/", [("Content-Length", "0")]),
    "token in C, refused": ("token-c", "GET", "/", [("token", "8")]),
    "token in C, let through": ("token-c", "GET", "/", [("token", "7")]),
    "token in Rust, refused": ("token-rust", "GET", "/", []),
    "token in Rust, let through": ("token-rust", "GET", "/", [("token", "104729")]),
    "every header seen": ("scripted", "GET", "/x/y?z&header=x-b:1&header=X-C:2", [
        ("X-Mixed-Case", "Value"), ("x-a", "1"), ("x-b", "2"), ("x-a", "3"), ("Accept", "a, b;q=1"),
        *script_headers(request="all request;arguments", response="all response;arguments")]),
    "every way to change": ("scripted", "GET", "/?header=x-a:1&header=x-a:2&header=x-b:3", [
        ("x-a", "1"), ("x-a", "2"), ("x-b", "3"), ("x-c", "4"), *script_headers(
            request="add request x-a 5;replace request x-b 6;remove request x-c;add request x-d 7;replace request x-e 8",
            response="add response x-a 5;replace response x-b 6;remove response x-nothing;replace response x-e 8")]),
    "whole map set": ("scripted", "GET", "/", script_headers(request="set request x-a=1 x-b=2")),
    "pseudo-headers changed": ("scripted", "GET", "/old?q", script_headers(
        request="replace request :path /new?r;replace request :method ODD;get request :path",
        response="replace response :status 404;get response :status")),
    "reply to the request": ("scripted", "GET", "/", script_headers(request="reply 403 some%20text x-a=1 x-b=2")),
    "reply to the response": ("scripted", "GET", "/", script_headers(response="reply 404 some%20text x-a=1")),
    "status of the origin": ("scripted", "GET", "/?status=418", script_headers(response="get response :status")),
    "what is refused": ("scripted", "GET", "/", script_headers(
        request="add request x%20y 1;add request x-a a%0ab;replace request :path no-slash;get request nothing",
        response="replace response :status abc;add response x%0ay 1")),
}


@pytest.fixture(scope="module")
def hosts(start_shared_server, origin):
    return start_shared_server(
        remap=[remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in MODULES],
        files={f"{name}.yaml": text for name, text in MODULES.items()})


def ours(pairs):
    """Names in lower case, without what is the server's own; values of one name in order."""
    kept = [(name.lower(), value) for name, value in pairs if name.lower() not in OF_THE_SERVER | {"host"}]
    kept = [(name, value) for name, value in kept
            if not (name == "do-note" and value.split("=")[0] in OF_THE_SERVER | {"headers"})]
    return sorted(kept, key=lambda pair: pair[0])


def simulate(directory, module, request, answer):
    """What `proxywasm run` makes of the request and the origin's answer."""
    (directory / "plugin.yaml").write_text(MODULES[module])
    (directory / "request").write_bytes(request)
    (directory / "response").write_bytes(answer)
    done = subprocess.run([build.artifact("proxywasm"), "run", "--json", "--config", directory / "plugin.yaml",
                           "--request", directory / "request", "--response", directory / "response"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def origin_answer(response):
    """The origin's answer as it would be without any module."""
    head = f"HTTP/1.1 {response.status} {response.reason}\r\n"
    return (head + "".join(f"{name}: {value}\r\n" for name, value in response.headers) + "\r\n").encode("latin-1") + \
        response.body


def message(pairs):
    """(pseudo-headers, other headers) of a message of the simulator."""
    pseudo = {name: value for name, value in pairs if name.startswith(":")}
    return pseudo, ours(pair for pair in pairs if not pair[0].startswith(":"))


@pytest.mark.parametrize("case", CASES)
def test_simulator_and_server_agree(hosts, origin, tmp_path, case):
    module, method, target, headers = CASES[case]
    host = f"{module}.test"
    request = format_request(method, target, [("Host", host), *headers])
    with Connection(origin.port) as direct:
        direct.send(request)
        untouched = direct.read_response(method)
    origin.clear()
    with hosts.connect() as connection:
        connection.send(request)
        real = connection.read_response(method)
    asked = origin.requests
    simulated = simulate(tmp_path, module, request, origin_answer(untouched))

    sent = simulated["request"]["sent"]
    assert bool(asked) == (sent is not None), "one of the two did not ask the origin"
    if sent:
        pseudo, fields = message(sent["headers"])
        assert (pseudo[":method"], pseudo[":path"]) == (asked[0].method, asked[0].target)
        assert fields == ours(asked[0].headers)
    reply = simulated["local_reply"]
    if reply:
        assert reply["status"] == real.status
        assert reply["body"] == real.text
        expected = ours(tuple(pair) for pair in reply["headers"])
        assert [pair for pair in ours(real.headers) if pair in expected] == expected
    else:
        pseudo, fields = message(simulated["response"]["sent"]["headers"])
        # The origin echoes the request that it was sent: its length differs.
        without_length = [[pair for pair in pairs if pair[0] != "content-length" and
                           not pair[1].startswith("content-length")] for pairs in (fields, ours(real.headers))]
        assert pseudo[":status"] == str(real.status)
        assert without_length[0] == without_length[1]


# name: (module, script of the request, script of the response)
TRAILERS = {
    "passed": ("bodies", "", ""),
    "held": ("bodies", "hold upper", "hold upper"),
    "changed": ("bodies", "trailer-set=x-a:9 trailer-add=x-c:3 trailer-remove=x-b",
                "hold trailer-set=x-b:9 trailer-add=x-a:3 trailer-set=x-d:4"),
    "all removed": ("bodies", "trailer-remove=x-a trailer-remove=x-b", "trailer-remove=X-A trailer-remove=X-B"),
    "refused": ("bodies", "trailer-add=Host:b trailer-set=content-length:5", "trailer-set=Transfer-Encoding:a"),
    "paused": ("bodies", "trailer-pause=20 trailer-add=x-c:3", "hold trailer-pause=20 trailer-add=x-c:3"),
    "with headers that wait": ("shown", "", "hold-headers trailer-to-header=x-a"),
    "unaware": ("unaware", "hold upper append=END", ""),
    "unaware of a response": ("unaware-response", "", "hold upper append=END"),
    "replied to": ("bodies", "hold reply-trailers=403", ""),
}
FRAMED = b"4\r\nbody\r\n0\r\nx-a: 1\r\nX-B: 2\r\nx-a: 3\r\n\r\n"


@pytest.mark.parametrize("case", TRAILERS)
def test_simulator_and_server_agree_about_trailers(hosts, origin, tmp_path, case):
    module, asked, answered = TRAILERS[case]
    head = format_request("POST", "/?body=body&framing=chunked&piece=4&trailer=x-a:1&trailer=X-B:2&trailer=x-a:3", [
        ("Host", f"{module}.test"), ("do-request-body", asked), ("do-response-body", answered),
        ("Transfer-Encoding", "chunked")])
    origin.clear()
    with hosts.connect() as connection:
        connection.send(head + FRAMED)
        real = connection.read_response()
    simulated = simulate(tmp_path, module, head + FRAMED,
                         b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + FRAMED)
    reply = simulated["local_reply"]
    sent = simulated["request"]["sent"]
    requests = [request for request in origin.requests if request.complete]
    assert bool(requests) == (sent is not None)
    if sent:
        assert (sent["body"].encode(), ours(sent["trailers"])) == (requests[0].body, ours(requests[0].trailers))
    if reply:
        assert (real.status, real.text, list(real.trailers)) == (reply["status"], reply["body"], [])
    else:
        received = simulated["response"]["sent"]
        assert (received["body"].encode(), ours(received["trailers"])) == (real.body, ours(real.trailers))
        if "wait" in case:
            assert message(received["headers"])[1] == ours(real.headers)
