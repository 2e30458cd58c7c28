# SPDX-License-Identifier: Apache-2.0
"""Metrics of modules are Traffic Server statistics."""

import pytest

from harness.scripted import note

THREADS_REQUESTS = 40


@pytest.fixture(scope="module")
def counted(managed):
    """Everything is counted first: the server publishes statistics some seconds later, all at once."""
    for _ in range(10):
        managed.ask(request="count e2e_counter 3")
    managed.ask(request="record e2e_gauge 70")
    managed.ask(request="record e2e_gauge 41")
    for number in (1, 5, 3):
        managed.ask(request=f"sample e2e_histogram {number}")
    for _ in range(THREADS_REQUESTS):
        managed.ask(request="count e2e_threads 1")
    managed.ask(request="count e2e_survivor 5")
    for _ in range(4):
        managed.ask(request="reply 403 no")
    for _ in range(10):
        managed.ask(request="trap unreachable")
    return managed


def test_counter_counts(counted):
    assert counted.server.wait_for_metric("wasm.e2e_counter", 30) == 30


def test_gauge_has_its_last_value(counted):
    assert counted.server.wait_for_metric("wasm.e2e_gauge", 41) == 41


def test_histogram_has_count_and_sum(counted):
    assert counted.server.wait_for_metric("wasm.e2e_histogram.count", 3) == 3
    assert counted.server.wait_for_metric("wasm.e2e_histogram.sum", 9) == 9


def test_counters_of_all_threads_are_one(counted):
    assert counted.server.wait_for_metric("wasm.e2e_threads", THREADS_REQUESTS) == THREADS_REQUESTS


def test_counter_survives_the_loss_of_its_vm(counted):
    for _ in range(100):
        value = note(counted.ask(request="metric e2e_survivor"), "e2e_survivor")
        if value is not None:
            break
    assert value == "5"


def test_statistics_of_the_plugin_itself(counted):
    assert counted.server.wait_for_metric("proxywasm.traps", 1) >= 1
    assert counted.server.wait_for_metric("proxywasm.instances", 1) >= 1
    assert counted.server.wait_for_metric("proxywasm.restarts", 1) >= 1
    assert counted.server.wait_for_metric("proxywasm.local_replies", 4) == 4
    assert counted.server.metric("proxywasm.streams") == 0
    assert counted.server.metric("proxywasm.refused") == 0


def test_odd_name_of_a_metric_does_no_harm(managed):
    for name in ("a%20b", "%e9", "x" * 300, "a%3bb"):
        assert managed.ask(request=f"count {name} 1").status == 200
