# SPDX-License-Identifier: Apache-2.0
"""What servers are compared: header filters that all do the same work, and body filters that change nothing.

A header filter sets the header x-filtered-by in the request and in the response, and counts the request.
"""

import functools
import subprocess
from pathlib import Path

from harness import build
from harness.configuration import configuration, global_plugin
from harness.server import TrafficServer, remap_rule, tls_remap_rule

from .load import http1
from .rounds import Variant

HOST = "bench.test"
HEADER = "x-filtered-by"
PLUGINS = Path(__file__).resolve().parents[1] / "plugins"
SPELLED = {"c": "C", "rust": "Rust", "go": "Go"}
ENGINES = {"wasmtime": "Wasmtime", "v8": "V8", "wasm2c": "wasm2c", "wamr": "WAMR", "wasmedge": "WasmEdge"}

HEADER_REWRITE = f"""\
cond %{{READ_REQUEST_HDR_HOOK}}
  set-header {HEADER} header_rewrite
  counter plugin.header_rewrite.requests
cond %{{SEND_RESPONSE_HDR_HOOK}}
  set-header {HEADER} header_rewrite
"""

LUA = f"""\
local requests = ts.stat_find('plugin.lua.requests')
  or ts.stat_create('plugin.lua.requests', TS_LUA_RECORDDATATYPE_INT, TS_LUA_STAT_NON_PERSISTENT, TS_LUA_STAT_SYNC_COUNT)

function do_global_read_request()
  ts.client_request.header['{HEADER}'] = 'lua'
  requests:increment(1)
end

function do_global_send_response()
  ts.client_response.header['{HEADER}'] = 'lua'
end
"""


class Filter:
    """What a server is started with. `value`: what the header says in responses, None if nothing sets it."""

    def __init__(self, name, label, plugins=(), files=None, value=None):
        self.name = name
        self.label = label
        self.plugins = list(plugins)
        self.files = dict(files or {})
        self.value = value


@functools.cache
def native_plugin(name):
    """Compiles bench/plugins/NAME.c; returns its path."""
    output = build.ROOT / "build" / "bench" / f"{name}.so"
    output.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-Wall", "-Wextra", "-Werror", str(PLUGINS / f"{name}.c"), "-o",
                    str(output)], check=True)
    return str(output)


def bare():
    return Filter("bare", "bare server")


def native():
    return Filter("native", "native plugin in C", [native_plugin("header_filter")], value="native-c")


def raw_calls(language):
    plugin = f"{build.artifact('raw_calls.so')} {build.module(f'examples/{language}/headers')}"
    return Filter(f"raw_{language}", f"raw calls of the module in {SPELLED[language]}", [plugin],
                  value=f"proxywasm-{language}")


def header_rewrite():
    return Filter("header_rewrite", "header_rewrite", ["header_rewrite.so filter.conf"],
                  {"filter.conf": HEADER_REWRITE}, "header_rewrite")


def lua():
    return Filter("lua", "Lua plugin", ["tslua.so filter.lua"], {"filter.lua": LUA}, "lua")


def module(language, engine="wasmtime", name=None, label=None, **keys):
    """The example module of a language ("c", "rust", …) in our plugin; `keys` holds more keys of config."""
    # The Rust SDK exports the callbacks of bodies, too: a filter of headers says that it wants none.
    text = configuration(f"examples/{language}/headers", name=language, log_level="warn", request_body="off",
                         response_body="off", vm={"runtime": engine}, **keys)
    return Filter(name or language, label or f"proxywasm, module in {SPELLED[language]}", [global_plugin("filter.yaml")],
                  {"filter.yaml": text}, f"proxywasm-{language}")


def compared():
    """The bare server, and the header filters that are held against each other."""
    return [bare(), native(), header_rewrite(), lua(), module("c"), module("rust")]


def compared_with_raw_calls():
    """The same, and what no host could be below."""
    return [*compared(), raw_calls("c"), raw_calls("rust")]


def make_server(what, origin_port, records=None, **options):
    """The server of a filter, to be started; `options` as TrafficServer takes them."""
    rules = [rule(HOST, origin_port) for rule in (remap_rule, tls_remap_rule)]
    return TrafficServer(
        plugins=what.plugins, files=what.files, remap=rules,
        records={"log.logging_enabled": 0, "http.keep_alive_no_activity_timeout_in": 300, **(records or {})},
        **{"threads": 1, **options})


def start_variant(stack, what, origin, target, load=None, name=None, label=None, **options):
    """Starts the server of a header filter in an ExitStack, and makes a Variant of it. `load` makes the load on a server,
    if it is not that of HTTP/1; `options` as make_server takes them."""
    server = stack.enter_context(make_server(what, origin.port, **options))
    return Variant(name or what.name, label or what.label, server,
                   load(server) if load else http1(server.port, HOST, target), lambda: check(server, what, target))


def check(server, what, target):
    """Fills the cache, and checks that a header filter does its work."""
    for _ in range(2):
        response = server.get(target, HOST)
    if response.status != 200 or response.headers.get(HEADER) != what.value:
        raise SystemExit(f"{what.label} does not filter:\n{response}\n{server.log()}")
