# SPDX-License-Identifier: Apache-2.0
"""The example modules in C and Rust, and the existing plugin's examples rebuilt: files and behaviour."""

import pytest

from harness import build
from harness.configuration import configuration, global_plugin, remap_plugin
from harness.scripted import Seen
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


@pytest.mark.parametrize("runtime", ["wasmtime", "wamr"])
@pytest.mark.parametrize("shape", SHAPES)
def test_configuration_of_the_existing_plugin_loads(start_server, origin, shape, runtime):
    text, root, module = SHAPES[shape]
    server = start_server(plugins=[global_plugin("example.yaml")], remap=[remap_rule("a.test", origin.port)], files={
        "example.yaml": text.format(root=root, file=build.module(module), runtime=runtime)})
    response = server.get("/", "a.test", [("token", "7"), ("User-Agent", "agent")])
    assert response.status == 200
    assert "ERROR" not in server.log().replace("[wasm] test: onBody", "")
    if shape == "cpp":
        assert response.headers.get("x-filtered-by") == "proxywasm-c"
    if shape == "rust":
        assert server.get("/", "a.test", [("token", "8")]).status == 403
