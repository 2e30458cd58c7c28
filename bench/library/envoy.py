# SPDX-License-Identifier: Apache-2.0
"""A private Envoy, with one worker thread and at most one filter, that answers by itself."""

import json
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from harness import build
from harness.ports import free_port

from .filters import HEADER

PROGRAM = build.ROOT / "build" / "deps" / "envoy" / "envoy" / "_bin" / "envoy"
START_SECONDS = 30
TYPE = "type.googleapis.com/envoy.extensions.filters"

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


def _configuration(port, filters, body):
    routes = {"name": "all", "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
        {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": body}}}]}]}
    router = {"name": "router", "typed_config": {"@type": f"{TYPE}.http.router.v3.Router"}}
    manager = {"@type": f"{TYPE}.network.http_connection_manager.v3.HttpConnectionManager", "stat_prefix": "bench",
               "route_config": routes, "http_filters": [*filters, router]}
    listener = {"name": "bench", "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
                "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}]}
    return {"static_resources": {"listeners": [listener]}}


class Envoy:
    """Usable with `with`; has what library.rounds asks of a server."""

    def __init__(self, filters=(), body="x" * 100):
        if not PROGRAM.is_file():
            raise SystemExit(f"{PROGRAM} is not there: tools/setup --bench installs it")
        self.directory = Path(tempfile.mkdtemp(prefix="pw-envoy-"))
        self.port = free_port()
        self.process = None
        # JSON is YAML, too.
        (self.directory / "envoy.yaml").write_text(json.dumps(_configuration(self.port, filters, body)))

    def __enter__(self):
        return self.start()

    def start(self):
        """Starts it and waits until it listens."""
        with open(self.directory / "log", "wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config-path", self.directory / "envoy.yaml", "--concurrency", "1", "--log-level", "warning",
                 "--disable-hot-restart"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        end = time.monotonic() + START_SECONDS
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

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def server_pid(self):
        return self.process.pid
