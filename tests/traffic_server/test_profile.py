# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of where a module spends its time: names for perf, and statistics of its callbacks."""

from pathlib import Path

import pytest

from harness.configuration import ENGINE, INTERPRETERS, remap_plugin, scripted as scripted_configuration
from harness.server import ServerFailed, remap_rule

REQUESTS = 20
BOUNDS = ("le_1us", "le_10us", "le_100us", "le_1ms", "le_10ms", "le_100ms", "count")


def configuration(name, **keys):
    return scripted_configuration(name, lines=["request: add request x-a 1"], **keys)


@pytest.fixture(scope="module")
def watched(start_shared_server, origin):
    """named.test: with names for perf. timed.test: with times of callbacks. odd.test: the same, and an odd name."""
    names = {"named": {"profile": True}, "timed": {"callback_times": True}}
    files = {f"{name}.yaml": configuration(name, **keys) for name, keys in names.items()}
    files["odd.yaml"] = scripted_configuration("odd", lines=["request: add request x-a 1"], callback_times=True).replace(
        "name: odd\n", "name: an odd/name\n", 1)
    rules = [remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in ("named", "timed", "odd")]
    server = start_shared_server(manager=True, threads=2, files=files, remap=rules)
    path = Path(f"/tmp/perf-{server.server_pid()}.map")
    yield server
    path.unlink(missing_ok=True)


@pytest.mark.skipif(ENGINE in INTERPRETERS, reason="an interpreter has no code to name")
def test_perf_finds_the_names_of_the_modules_functions(watched):
    assert watched.get("/", "named.test").status == 200
    path = Path(f"/tmp/perf-{watched.server_pid()}.map")
    functions = [line.split(" ", 2) for line in path.read_text(errors="replace").splitlines()]
    named = [function for function in functions if "proxy_on_request_headers" in function[2]]
    assert named
    assert all(int(begin, 16) > 0 and int(size, 16) > 0 for begin, size, _ in named)


def test_times_of_callbacks_are_statistics(watched):
    for _ in range(REQUESTS):
        assert watched.get("/", "timed.test").status == 200
    prefix = "proxywasm.callback_time.timed"
    # At least creation, request headers and deletion of each stream.
    assert watched.wait_for_metric(f"{prefix}.count", 3 * REQUESTS) >= 3 * REQUESTS
    values = [watched.metric(f"{prefix}.{bound}") for bound in BOUNDS]
    assert values == sorted(values)
    assert values[-1] > 0
    assert watched.metric(f"{prefix}.sum_us") >= (values[-1] - values[1]) * 10


def test_a_plugin_that_is_not_asked_for_has_none(watched):
    assert watched.get("/", "named.test").status == 200
    # Once that of another one is there.
    watched.wait_for_metric("proxywasm.callback_time.timed.count", 1)
    with pytest.raises(ServerFailed):
        watched.metric("proxywasm.callback_time.named.count")


def test_odd_names_become_tame(watched):
    assert watched.get("/", "odd.test").status == 200
    assert watched.wait_for_metric("proxywasm.callback_time.an_odd_name.count", 1) >= 1
