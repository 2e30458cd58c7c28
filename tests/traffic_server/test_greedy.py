# SPDX-License-Identifier: Apache-2.0
"""Modules that ask for more than a server should give (modules/greedy.c): it neither stands still nor grows."""

import re
import time

import pytest

from harness.build import sanitized
from harness.configuration import configuration, patient, remap_plugin
from harness.server import remap_rule

MODES = ["set-many", "set-same", "add-many", "add-same", "reply-many", "call-many", "properties", "calls", "defer"]
# Traffic Server looks all fields over for each that is added: with ten thousand it would take minutes.
LONGEST_SECONDS = 20 if sanitized() else 2


@pytest.fixture
def server(start_server, origin):
    upstreams = {"origin": {"host": "127.0.0.1", "port": origin.port}}
    return start_server(
        threads=1, remap=[remap_rule(f"{mode}.test", origin.port, remap_plugin(f"{mode}.yaml")) for mode in MODES],
        files={f"{mode}.yaml": configuration("traffic_server/greedy", name=mode, configuration=mode, fail_open=True,
                                             log_level="info", upstreams=upstreams, limits=patient())
               for mode in MODES})


def given(server, mode):
    """Of the line that the module writes."""
    return int(server.wait_for_log(rf"{mode}: (\d+) of \d+").group(1))


@pytest.mark.parametrize("mode, most", [("set-many", 0), ("set-same", 0), ("add-many", 256), ("add-same", 128),
                                        ("reply-many", 0), ("call-many", 0)])
def test_number_of_fields_is_limited(server, mode, most):
    begin = time.monotonic()
    assert server.get("/", f"{mode}.test").status == 200
    assert given(server, mode) <= most
    assert time.monotonic() - begin < LONGEST_SECONDS


def test_fields_can_be_as_many_as_servers_accept(server):
    server.get("/", "add-many.test")
    assert given(server, "add-many") > 200
    server.get("/", "add-same.test")
    assert given(server, "add-same") >= 64


def test_properties_that_are_headers_count_as_headers(server):
    server.get("/", "properties.test")
    # 4 MiB for each transaction.
    assert 60 < given(server, "properties") < 80


def test_calls_in_flight_hold_no_more_than_they_may(server):
    before = server.memory_kilobytes()
    for _ in range(3):
        assert server.get("/", "calls.test").status == 200
    server.wait_for_log(r"a call of 10\d+ bytes is refused: those in flight hold \d+, and may hold 67108864 in all")
    counts = [int(count) for count in re.findall(r"calls: (\d+) of", server.log())]
    assert 0 < counts[0] <= 64 and len(counts) == 3
    assert server.memory_kilobytes() - before < (4_000_000 if sanitized() else 600_000)


def test_streams_that_never_end_keep_no_more_headers_than_they_may(server):
    before = server.memory_kilobytes()
    for _ in range(100):
        assert server.get("/", "defer.test").status == 200
    server.wait_for_log(r"headers of a stream whose end is deferred are not kept")
    assert server.memory_kilobytes() - before < (1_500_000 if sanitized() else 250_000)
