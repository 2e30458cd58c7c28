# SPDX-License-Identifier: Apache-2.0
"""Many requests through five plugins, each on another engine, in one chain of one server with two threads."""

import re
import time

import pytest

from harness.build import sanitized
from harness.configuration import configuration, remap_plugin, scripted as scripted_configuration
from harness.http1 import format_request
from harness.scripted import script_headers
from harness.server import remap_rule

pytestmark = pytest.mark.plugin_only

ENGINES = ("wasmtime", "wamr", "v8", "wasmedge", "wasm2c")
REQUESTS = 100000 if not sanitized() else 2000
TRAPPING_REQUESTS = 4000 if not sanitized() else 100 * len(ENGINES)
CONNECTIONS = 4
BATCH = 50
HEAD = re.compile(rb"HTTP/1\.1 (\d+) [^\r]*\r\n(.*?)\r\n\r\n", re.DOTALL)
LENGTH = re.compile(rb"(?i)^content-length: (\d+)", re.MULTILINE)


def vm(engine):
    return {"runtime": f"ats.wasm.runtime.{engine}", "vm_id": engine}


@pytest.fixture(scope="module")
def server(start_shared_server, origin):
    """Each plugin adds its engine's name. On scripted.test it also does what a request says."""
    files = {f"{engine}.yaml": configuration("traffic_server/marking", name=engine, configuration=engine, vm=vm(engine))
             for engine in ENGINES}
    files |= {f"{engine}-scripted.yaml": scripted_configuration(
        engine, lines=[f"response: add response x-engine {engine}"], vm={"runtime": f"ats.wasm.runtime.{engine}"},
        fail_open=True, limits={"callback": "1s"}) for engine in ENGINES}
    return start_shared_server(threads=2, files=files, remap=[
        remap_rule("marked.test", origin.port, remap_plugin(*(f"{engine}.yaml" for engine in ENGINES))),
        remap_rule("scripted.test", origin.port, remap_plugin(*(f"{engine}-scripted.yaml" for engine in ENGINES)))])


class Client:
    """A connection on which requests are sent in batches."""

    def __init__(self, server):
        self.socket = server.connect().socket
        self.unread = b""

    def send(self, requests):
        self.socket.sendall(b"".join(requests))

    def read(self):
        """The next response: its status, and the names in x-engine."""
        while not (head := HEAD.match(self.unread)):
            self._receive()
        end = head.end() + int(LENGTH.search(head[2])[1])
        while len(self.unread) < end:
            self._receive()
        self.unread = self.unread[end:]
        return int(head[1]), re.findall(rb"(?m)^x-engine: ([^\r]*)", head[2] + b"\r")

    def _receive(self):
        data = self.socket.recv(1 << 20)
        assert data, "the server has closed the connection"
        self.unread += data


def answers(server, requests):
    """What the answers to an iterable of requests are, in turn."""
    requests = iter(requests)
    clients = [Client(server) for _ in range(CONNECTIONS)]
    while True:
        batches = [(client, [request for _, request in zip(range(BATCH), requests)]) for client in clients]
        for client, batch in batches:
            client.send(batch)
        for client, batch in batches:
            yield from (client.read() for _ in batch)
        if not batches[-1][1]:
            break
    for client in clients:
        client.socket.close()


def test_every_response_has_met_each_engine(server):
    """From the cache: what is measured are the engines, not the origin."""
    target = "/marked?cache=600&body=ok"
    wanted = (200, [engine.encode() for engine in reversed(ENGINES)])
    assert server.get(target, "marked.test").status == 200
    request = format_request("GET", target, [("Host", "marked.test")])
    count = 0
    for answer in answers(server, (request for _ in range(REQUESTS))):
        assert answer == wanted
        count += 1
    assert count == REQUESTS
    assert "trapped" not in server.log()


def test_traps_now_and_then_cost_no_response(server):
    """A plugin that has trapped is left out until it has a new VM, and no other."""
    target = "/scripted?cache=600&body=ok"
    assert server.get(target, "scripted.test").status == 200

    def requests():
        for number in range(TRAPPING_REQUESTS):
            engine = ENGINES[number // 100 % len(ENGINES)]
            scripts = script_headers(name=engine, request="trap memory") if number % 100 == 50 else []
            yield format_request("GET", target, [("Host", "scripted.test"), *scripts])

    order = [engine.encode() for engine in reversed(ENGINES)]
    met = dict.fromkeys(order, 0)
    count = 0
    for status, names in answers(server, requests()):
        assert status == 200
        assert names == [name for name in order if name in names]
        for name in names:
            met[name] += 1
        count += 1
    assert count == TRAPPING_REQUESTS
    log = server.log()
    for engine in ENGINES:
        assert f"{engine}: the module trapped in proxy_on_request_headers: out of bounds memory access" in log
        assert met[engine.encode()] > 0
    # At last all are back: the longest wait for a new VM is five seconds.
    end = time.monotonic() + 20
    while server.get(target, "scripted.test").headers.all("x-engine") != list(reversed(ENGINES)):
        assert time.monotonic() < end, "not every plugin has a new VM after its traps"
        time.sleep(0.1)
