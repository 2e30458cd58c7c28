# SPDX-License-Identifier: Apache-2.0
"""The example modules in C and Rust, and the existing plugin's examples rebuilt: files and behaviour. (Those that
change bodies: test_body_examples.py.)"""

import time
from urllib.parse import parse_qs

import pytest

from harness import build
from harness.configuration import configuration, global_plugin, remap_plugin
from harness.http1 import format_request
from harness.origin import Origin
from harness.scripted import Seen, unique_path
from harness.server import remap_rule

HEADER_FILTERS = {"c": ("examples/c/headers", "proxywasm-c"), "rust": ("examples/rust/headers", "proxywasm-rust")}
TOKEN_FILTERS = {"c": "examples/c/token", "rust": "examples/rust/myfilter"}


@pytest.fixture(scope="module")
def examples(start_shared_server, origin):
    files = {f"headers-{language}.yaml": configuration(module, name=f"headers-{language}")
             for language, (module, _) in HEADER_FILTERS.items()}
    files |= {f"named-{language}.yaml": configuration(module, name=f"named-{language}", configuration="somebody")
              for language, (module, _) in HEADER_FILTERS.items()}
    files |= {f"token-{language}.yaml": configuration(module, name=f"token-{language}")
              for language, module in TOKEN_FILTERS.items()}
    files["old.yaml"] = configuration("traffic_server/abi_0_1_0", name="old", configuration="value-1")
    return start_shared_server(files=files, remap=[
        remap_rule(f"{name.removesuffix('.yaml')}.test", origin.port, remap_plugin(name)) for name in files])


@pytest.mark.parametrize("language", HEADER_FILTERS)
def test_header_filter_marks_both_directions(examples, language):
    response = examples.get("/", f"headers-{language}.test", [("x-filtered-by", "a client"), ("x-other", "1")])
    assert Seen(response).headers.all("x-filtered-by") == [HEADER_FILTERS[language][1]]
    assert Seen(response).headers.all("x-other") == ["1"]
    assert response.headers.all("x-filtered-by") == [HEADER_FILTERS[language][1]]


@pytest.mark.parametrize("language", HEADER_FILTERS)
def test_header_filter_takes_its_value_from_the_configuration(examples, language):
    response = examples.get("/", f"named-{language}.test")
    assert Seen(response).headers.all("x-filtered-by") == response.headers.all("x-filtered-by") == ["somebody"]


def test_header_filters_count_and_log(start_server, origin):
    server = start_server(
        manager=True, remap=[remap_rule(f"{language}.test", origin.port, remap_plugin(f"{language}.yaml"))
                             for language in HEADER_FILTERS],
        files={f"{language}.yaml": configuration(module) for language, (module, _) in HEADER_FILTERS.items()})
    for language in HEADER_FILTERS:
        for number in range(5):
            server.get(f"/{language}/{number}", f"{language}.test")
    for language in HEADER_FILTERS:
        server.wait_for_log(rf"request: GET /{language}/4", "wasm.log")
        assert server.wait_for_metric(f"wasm.example_{language}_requests", 5) == 5


@pytest.mark.parametrize("language", TOKEN_FILTERS)
@pytest.mark.parametrize("token, status", [("7", 200), ("18446744073709551557", 200), ("8", 403), ("x", 403),
                                           (None, 403), ("18446744073709551616", 403), ("", 403)])
def test_token_filter_lets_primes_pass(examples, language, token, status):
    response = examples.get("/", f"token-{language}.test", [] if token is None else [("token", token)])
    assert response.status == status
    if status == 403:
        assert response.text == "Access forbidden.\n"
        assert response.headers.all("Powered-By") == ["proxy-wasm"]


def test_module_of_abi_0_1_0(examples):
    response = examples.get("/", "old.test")
    assert Seen(response).headers.all("x-old-abi") == ["value-1"]
    assert response.headers.all("x-old-abi") == ["response"]


# ----------------------------------------------------------------------------------------------- calls to other servers

LANGUAGES = ["c", "rust"]


class Directed(Origin):
    """An origin that answers each request as if it had the query that `direct(request)` says."""

    def __init__(self, direct):
        super().__init__()
        self.direct = direct

    def _answer(self, *arguments):
        request = arguments[-1]
        request.query = parse_qs(self.direct(request), keep_blank_values=True)
        return super()._answer(*arguments)


def calling(module, upstream, port, **keys):
    upstreams = {upstream: {"host": "127.0.0.1", "port": port}}
    return configuration(module, name=upstream, fail_open=False, upstreams=upstreams, **keys)


@pytest.fixture(scope="module")
def authorized(start_shared_server, origin):
    answers = {"good": "header=x-user:anna&body=a", "bad": "status=403&body=go+away", "broken": "break=empty",
               "other": "status=302&body=a", "slow": "delay=0.3&body=a"}
    with Directed(lambda request: answers.get(request.headers.get("authorization"), "status=401&body=who")) as auth:
        files = {f"{language}-{scope}.yaml": calling(f"examples/{language}/authorize", "auth", auth.port,
                                                     vm_scope=scope)
                 for language in LANGUAGES for scope in ("thread", "transaction")}
        server = start_shared_server(files=files, remap=[
            remap_rule(f"{name.removesuffix('.yaml')}.test", origin.port, remap_plugin(name)) for name in files])
        server.authorizer = auth
        yield server


@pytest.mark.parametrize("scope", ["thread", "transaction"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_authorized_request_passes_with_its_user(authorized, language, scope):
    for token in ("good", "slow"):
        response = authorized.request("POST", "/a?b=c", f"{language}-{scope}.test",
                                      [("Authorization", token), ("x-user", "root")], b"body")
        assert response.status == 200
        assert Seen(response).headers.all("x-user") == (["anna"] if token == "good" else [])
        assert Seen(response).body == b"body"
        asked = authorized.authorizer.to("/check")[-1].headers
        assert [asked.get(name) for name in ("authorization", "x-method", "x-path")] == [token, "POST", "/a?b=c"]


@pytest.mark.parametrize("scope", ["thread", "transaction"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("token, status, body", [("bad", 403, "go away"), ("", 401, "who"), ("broken", 503, None),
                                                 ("other", 503, None)])
def test_unauthorized_request_gets_the_authorizers_answer(authorized, origin, language, scope, token, status, body):
    path = unique_path()
    response = authorized.get(path, f"{language}-{scope}.test", [("Authorization", token)])
    assert response.status == status
    assert body is None or response.text == body
    assert response.headers.all("www-authenticate") == (["Bearer"] if status == 401 else [])
    assert not origin.to(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_client_that_leaves_while_it_is_authorized_does_no_harm(authorized, language):
    for _ in range(5):
        connection = authorized.connect()
        connection.send(format_request("GET", "/", [("Host", f"{language}-thread.test"), ("Authorization", "slow")]))
        time.sleep(0.05)
        connection.close()
    time.sleep(0.5)
    assert authorized.get("/", f"{language}-thread.test", [("Authorization", "good")]).status == 200


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("listed, status", [("127.0.0.1", 403), ("192.0.2.7", 200)])
def test_block_list_is_fetched_before_the_first_request_is_served(start_server, origin, language, listed, status):
    with Directed(lambda request: f"delay=0.3&body=192.0.2.1%0a{listed}%0a") as lists:
        server = start_server(
            plugins=[global_plugin("list.yaml")], remap=[remap_rule("a.test", origin.port)],
            files={"list.yaml": calling(f"examples/{language}/blocklist", "lists", lists.port)})
        assert server.get("/", "a.test").status == status
        assert lists.to("/blocklist")
        assert [server.get("/", "a.test").status for _ in range(10)] == [status] * 10


@pytest.mark.parametrize("language", LANGUAGES)
def test_block_list_is_fetched_again(start_server, origin, language):
    current = ["status=500&body=a"]
    with Directed(lambda request: current[0]) as lists:
        server = start_server(
            threads=1, plugins=[global_plugin("list.yaml")], remap=[remap_rule("a.test", origin.port)],
            files={"list.yaml": calling(f"examples/{language}/blocklist", "lists", lists.port, configuration="1")})
        assert server.get("/", "a.test").status == 503
        for current[0], wanted in (("body=192.0.2.7", 200), ("body=127.0.0.1", 403), ("status=500&body=a", 403),
                                   ("body=a", 200)):
            before = len(lists.to("/blocklist"))
            end = time.monotonic() + 10
            # The call after the one that may be under way has the new list.
            while len(lists.to("/blocklist")) < before + 2 and time.monotonic() < end:
                time.sleep(0.05)
            time.sleep(0.2)
            assert server.get("/", "a.test").status == wanted


# The shapes of the existing plugin's example files: camel case, its runtimes' names, a configuration of several lines.
SHAPE = """\
config:
  name: test
  rootId: {root}
  vmConfig:
    code:
      local:
        filename: {file}
    runtime: ats.wasm.runtime.{runtime}
    vmId: test
"""
SHAPE_WITH_CONFIGURATION = """\
config:
  configuration: |
      {{
        "patterns": [
          "one",
          "two \\"quoted\\""
        ]
      }}
  name: "firewall"
  rootId: {root}
  vmConfig:
    code:
      local:
        filename: {file}
    runtime: ats.wasm.runtime.{runtime}
    vmId: "firewall_vm"
    allow_precompiled: true
"""
SHAPES = {"cpp": (SHAPE, "myproject", "examples/c/headers"), "rust": (SHAPE, "myfilter", "examples/rust/myfilter"),
          "transform": (SHAPE, "myproject", "examples/c/transform"),
          "async": (SHAPE, "myproject", "examples/c/async"),
          "tinygo": (SHAPE_WITH_CONFIGURATION, "test", "traffic_server/scripted")}


@pytest.mark.parametrize("runtime", ["wasmtime", "wamr", "wasmedge"])
@pytest.mark.parametrize("shape", SHAPES)
def test_configuration_of_the_existing_plugin_loads(start_server, origin, shape, runtime):
    text, root, module = SHAPES[shape]
    server = start_server(plugins=[global_plugin("example.yaml")], remap=[remap_rule("a.test", origin.port)], files={
        "example.yaml": text.format(root=root, file=build.module(module), runtime=runtime)})
    response = server.get("/", "a.test", [("token", "7"), ("User-Agent", "agent")])
    assert response.status == 200
    assert "ERROR" not in server.log().replace("ERROR: [wasm] test: onBody", "")
    if shape == "cpp":
        assert response.headers.get("x-filtered-by") == "proxywasm-c"
    if shape == "rust":
        assert server.get("/", "a.test", [("token", "8")]).status == 403
