# SPDX-License-Identifier: Apache-2.0
"""A private Envoy, with one worker thread and at most one filter, that answers by itself or asks an origin."""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from functools import partial
from pathlib import Path

from harness import build
from harness.certificates import SERVER_NAME
from harness.http1 import Connection
from harness.ports import free_port

from .filters import HEADER, HOST, SPELLED
from .rounds import Variant

PROGRAM = build.ROOT / "build" / "deps" / "envoy" / "envoy" / "_bin" / "envoy"
START_SECONDS = 30
TYPES = "type.googleapis.com/envoy.extensions"
TYPE = f"{TYPES}.filters"
LANGUAGES = ("c", "rust")

LUA = f"""\
function envoy_on_request(handle)
  handle:headers():replace("{HEADER}", "lua")
end

function envoy_on_response(handle)
  handle:headers():replace("{HEADER}", "lua")
end
"""


def lua_filter():
    return {"name": "lua", "typed_config": {"@type": f"{TYPE}.http.lua.v3.Lua",
                                            "default_source_code": {"inline_string": LUA}}}


def wasm_filter(module):
    code = {"local": {"filename": str(build.module(module))}}
    return {"name": "wasm", "typed_config": {
        "@type": f"{TYPE}.http.wasm.v3.Wasm",
        "config": {"name": "bench", "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": code}}}}


def _address(port):
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def _cluster(port):
    """An origin."""
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": _address(port)}}]}]
    return {"name": "origin", "type": "STATIC", "load_assignment": {"cluster_name": "origin", "endpoints": endpoints}}


def _tls(certificates):
    """For both versions of HTTP."""
    files = {"certificate_chain": {"filename": str(certificates.certificate)},
             "private_key": {"filename": str(certificates.key)}}
    return {"name": "tls", "typed_config": {
        "@type": f"{TYPES}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"alpn_protocols": ["h2", "http/1.1"], "tls_certificates": [files]}}}


def _configuration(port, filters, certificates, origin_port):
    answer = {"route": {"cluster": "origin"}} if origin_port else {
        "direct_response": {"status": 200, "body": {"inline_string": "x" * 100}}}
    routes = {"name": "all", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
        {"match": {"prefix": "/"}, **answer}]}]}
    router = {"name": "router", "typed_config": {"@type": f"{TYPE}.http.router.v3.Router"}}
    manager = {"@type": f"{TYPE}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "bench",
               "route_config": routes, "http_filters": [*filters, router]}
    chain = {"filters": [{"name": "http", "typed_config": manager}],
             **({"transport_socket": _tls(certificates)} if certificates else {})}
    listener = {"name": "bench", "address": _address(port), "filter_chains": [chain]}
    return {"static_resources": {"listeners": [listener], "clusters": [_cluster(origin_port)] if origin_port else []}}


class Envoy:
    """Usable with `with`; has what library.rounds and library.instructions ask of a server. It speaks TLS if it is given
    certificates, and answers by itself unless it is given an origin's port. `under`: words before its command."""

    def __init__(self, filters=(), certificates=None, origin_port=None, under=()):
        if not PROGRAM.is_file():
            raise SystemExit(f"{PROGRAM} is not there: tools/setup --bench installs it")
        self.directory = Path(tempfile.mkdtemp(prefix="pw-envoy-"))
        self.port = free_port()
        self.tls_port = self.port if certificates else None
        self.certificates = certificates
        self.under = list(under)
        self.process = None
        # JSON is YAML, too.
        (self.directory / "envoy.yaml").write_text(json.dumps(
            _configuration(self.port, filters, certificates, origin_port)))

    def __enter__(self):
        return self.start()

    def start(self, timeout=START_SECONDS):
        """Starts it and waits until it listens."""
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [*self.under, PROGRAM, "--config-path", self.directory / "envoy.yaml", "--concurrency", "1",
                 "--log-level", "warning", "--disable-hot-restart"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + timeout
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    text = self.log()
                    self.stop()
                    raise SystemExit(f"Envoy did not start:\n{text}") from None
                time.sleep(0.05)

    def __exit__(self, *_):
        self.stop()

    def start_anew(self):
        """Another process in place of the present one, on the same port."""
        self._kill()
        return self.start()

    def _kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self._kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def connect(self, timeout=15):
        context = self.certificates.client_context() if self.certificates else None
        return Connection(self.port, context, SERVER_NAME, timeout)

    def get(self, target, host):
        with self.connect() as connection:
            return connection.request("GET", target, {"Host": host})

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def server_pid(self):
        return self.process.pid


# -------------------------------------------------------------------------------------------------------------- variants

def compared():
    """(name, label, filters, what the header says)."""
    yield "envoy_bare", "Envoy", [], None
    yield "envoy_lua", "Envoy, Lua filter", [lua_filter()], "lua"
    for language in LANGUAGES:
        yield (f"envoy_{language}", f"Envoy, module in {SPELLED[language]}", [wasm_filter(f"examples/{language}/headers")],
               f"proxywasm-{language}")


def check(server, label, target, value):
    """Checks that a filter does its work."""
    response = server.get(target, HOST)
    if response.status != 200 or response.headers.get(HEADER) != value:
        raise SystemExit(f"{label} does not filter:\n{response}\n{server.log()}")


def start_variants(stack, target, load, **options):
    """Starts Envoy without a filter, with its own in Lua, and with the modules in C and in Rust; a Variant of each, by
    name. `load` makes the load on a server; `options` as Envoy takes them."""
    variants = {}
    for name, label, filters, value in compared():
        server = stack.enter_context(Envoy(filters, **options))
        variants[name] = Variant(name, label, server, load(server), partial(check, server, label, target, value))
    return variants


def bases(names):
    """The name of what each of those among `names` is compared with, itself without a filter."""
    return {name: "envoy_bare" for name in names if name.startswith("envoy_")}
