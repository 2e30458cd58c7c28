# SPDX-License-Identifier: Apache-2.0
"""`traffic_ctl config reload` brings the new configuration, and loses no request."""

import threading
import time

import pytest

from harness.build import sanitized
from harness.configuration import global_plugin, remap_plugin, scripted as scripted_configuration
from harness.http1 import format_request
from harness.server import remap_rule


def version(number, **keys):
    """A configuration whose module says its number in each response."""
    return scripted_configuration(lines=[f"response: add response x-version {number}"], **keys)


@pytest.fixture(scope="module")
def reloaded(start_shared_server, origin):
    return start_shared_server(
        manager=True, plugins=[global_plugin("global.yaml")],
        remap=[remap_rule("global.test", origin.port),
               remap_rule("remap.test", origin.port, remap_plugin("remap.yaml"))],
        files={"global.yaml": version(1, name="do"), "remap.yaml": version(1, name="remap")})


def versions(server, host):
    return server.get("/", host).headers.all("x-version")


def wait_for_version(server, host, expected, timeout=10):
    end = time.monotonic() + timeout
    while versions(server, host) != expected:
        assert time.monotonic() < end, f"{versions(server, host)} instead of {expected}\n{server.log()[-3000:]}"
        time.sleep(0.05)


class Load:
    """Requests on kept and on new connections, until stopped; remembers each answer that was not 200."""

    def __init__(self, server, host):
        self.server, self.host = server, host
        self.count, self.bad, self.seen = 0, [], set()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(keep,)) for keep in (True, True, False)]

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run(self, keep):
        connection = None
        while not self._stop.is_set():
            try:
                connection = connection or self.server.connect()
                response = connection.request("GET", "/load", [("Host", self.host)])
                self.count += 1
                self.seen.add(",".join(response.headers.all("x-version")))
                if response.status != 200:
                    self.bad.append(response.status)
                if not keep:
                    connection.close()
                    connection = None
            except Exception as error:  # whatever it is, a request was lost
                self.bad.append(repr(error))
                connection = None


def test_global_plugin_takes_its_new_configuration_under_load(reloaded):
    with Load(reloaded, "global.test") as load:
        for number in range(2, 8):
            reloaded.write("global.yaml", version(number))
            reloaded.reload()
            wait_for_version(reloaded, "global.test", [str(number)])
            time.sleep(0.3)
    assert load.count > 100 and load.bad == []
    assert "" not in load.seen, "a request met no plugin"


def test_remap_plugin_takes_its_new_configuration_under_load(reloaded):
    expected = versions(reloaded, "global.test")
    with Load(reloaded, "remap.test") as load:
        for number in range(12, 14):
            reloaded.write("remap.yaml", version(number, name="remap"))
            reloaded.touch("remap.config")
            reloaded.reload()
            wait_for_version(reloaded, "remap.test", [str(number), *expected])
            time.sleep(0.3)
    assert load.count > 100 and load.bad == []


def test_paused_request_survives_a_reload(reloaded):
    before = versions(reloaded, "global.test")
    with reloaded.connect() as connection:
        connection.send(format_request("GET", "/paused", [("Host", "global.test"), ("do-request", "pause 1500")]))
        time.sleep(0.2)
        reloaded.write("global.yaml", version(20))
        reloaded.reload()
        wait_for_version(reloaded, "global.test", ["20"])
        response = connection.read_response()
    assert response.status == 200
    assert response.headers.all("x-version") == before, "a stream stays with the plugin it began with"


@pytest.mark.parametrize("broken, message", [
    ("config:\n  name: [unclosed\n", r"global\.yaml:\d+"),
    ("config:\n  nmae: x\n  vm_config: {code: {local: {filename: nothing.wasm}}}\n", r"global\.yaml:2.*nmae"),
    ("config:\n  vm_config: {code: {local: {filename: nothing.wasm}}}\n", r"nothing\.wasm"),
    (None, r"global\.yaml"),
    ("scripted", r"on_configure|configure"),
])
def test_broken_new_configuration_keeps_the_old_one(reloaded, broken, message):
    before = versions(reloaded, "global.test")
    since = len(reloaded.log())
    with Load(reloaded, "global.test") as load:
        if broken is None:
            reloaded.path("global.yaml").unlink()
        elif broken == "scripted":
            reloaded.write("global.yaml", scripted_configuration(lines=["configure: fail"]))
        else:
            reloaded.write("global.yaml", broken)
        reloaded.reload()
        reloaded.wait_for_log(message, since=since)
        time.sleep(0.3)
    assert load.bad == []
    assert load.seen == {",".join(before)}
    number = str(len(reloaded.log()))
    reloaded.write("global.yaml", version(number))
    reloaded.reload()
    wait_for_version(reloaded, "global.test", [number])


def test_new_configuration_changes_the_phase_of_responses(reloaded):
    """Hooks that no plugin needed when the server started, and back to those that were."""
    reloaded.write("global.yaml", version(30, response_phase="origin"))
    reloaded.reload()
    wait_for_version(reloaded, "global.test", ["30"])
    stored, hit = (reloaded.get("/phase?cache=60", "global.test").headers.all("x-version") for _ in range(2))
    assert stored == hit == ["30"]
    reloaded.write("global.yaml", version(31, response_phase="client"))
    reloaded.reload()
    wait_for_version(reloaded, "global.test", ["31"])
    assert reloaded.get("/phase?cache=60", "global.test").headers.all("x-version") == ["30", "31"]


def test_old_vms_end_after_a_reload(reloaded):
    """Memory does not grow with each reload."""
    def reload(number):
        reloaded.write("global.yaml", version(number))
        reloaded.reload()
        wait_for_version(reloaded, "global.test", [str(number)])
    for number in range(100, 103):
        reload(number)
    before = reloaded.memory_kilobytes()
    for number in range(103, 123):
        reload(number)
    assert sanitized() or reloaded.memory_kilobytes() - before < 20000
