# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the origin, servers that tests share, and what keeps an eye on them."""

import signal
import sys
import zlib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from harness import server as server_module  # noqa: E402
from harness.certificates import Certificates  # noqa: E402
from harness.configuration import global_plugin, scripted as scripted_configuration  # noqa: E402
from harness.origin import Origin  # noqa: E402
from harness.scripted import Scripted  # noqa: E402
from harness.server import TrafficServer, remap_rule, tls_remap_rule  # noqa: E402


def pytest_configure():
    signal.signal(signal.SIGTERM, lambda *_: pytest.exit("terminated", 143))


def pytest_addoption(parser):
    parser.addoption("--one-in", type=int, default=1, metavar="N",
                     help="of the tests for which the engine does not matter (plugin_only), run one in N: always the same")


def pytest_collection_modifyitems(config, items):
    number = config.getoption("--one-in")
    items[:] = [item for item in items
                if not item.get_closest_marker("plugin_only") or zlib.crc32(item.nodeid.encode()) % number == 0]


@pytest.fixture(scope="session")
def origin():
    with Origin() as server:
        yield server


@pytest.fixture(scope="session")
def second_origin():
    with Origin() as server:
        yield server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("certificates"))


def _starter():
    started = []

    def start(**options):
        server = TrafficServer(**options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def start_server():
    """Starts servers (with the arguments of TrafficServer) that are stopped after the test."""
    yield from _starter()


@pytest.fixture(scope="module")
def start_shared_server():
    """The same, stopped after the last test of the file."""
    yield from _starter()


def _scripted_options(origin, certificates):
    rules = [rule(host, origin.port) for rule in (remap_rule, tls_remap_rule) for host in ("a.test", "proxy.test")]
    return {"plugins": [global_plugin("scripted.yaml")], "remap": rules, "certificates": certificates,
            "files": {"scripted.yaml": scripted_configuration()}}


@pytest.fixture(scope="session")
def scripted(origin, certificates):
    """A server with the scripted module as a global plugin, for all tests that need nothing else."""
    with TrafficServer(**_scripted_options(origin, certificates)) as server:
        yield Scripted(server, "a.test")


@pytest.fixture(scope="session")
def managed(origin, certificates):
    """The same under traffic_manager, for what needs traffic_ctl."""
    with TrafficServer(manager=True, **_scripted_options(origin, certificates)) as server:
        yield Scripted(server, "a.test")


@pytest.fixture
def strict_origin(origin):
    """No test passes when the origin was sent what is no request, or could be taken for another one."""
    before = len(origin.violations)
    yield origin
    assert not origin.violations[before:]


@pytest.fixture(autouse=True)
def no_crash():
    """No test passes when a server that is running has crashed."""
    yield
    for server in list(server_module.RUNNING):
        server.check()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for server in server_module.RUNNING:
            for name, text in server.logs().items():
                report.sections.append((f"{name} of the server on port {server.port}", text[-8000:]))
