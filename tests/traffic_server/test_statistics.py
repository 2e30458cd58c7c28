# SPDX-License-Identifier: Apache-2.0
"""Metrics of modules are Traffic Server statistics."""

from harness.scripted import note


def statistic(server, name):
    """The one statistic whose name ends with `name`."""
    lines = server.traffic_ctl("metric", "match", name).split("\n")
    found = {line.split()[0]: int(line.split()[1]) for line in lines if line.strip()}
    assert len(found) == 1, f"{name}: {found}"
    return next(iter(found.items()))


def wait_for(server, name, value):
    full, _ = statistic(server, name)
    assert server.wait_for_metric(full, value) == value
    return full


def test_counter_counts(managed):
    for _ in range(10):
        managed.ask(request="count e2e_counter 3")
    full = wait_for(managed.server, "e2e_counter", 30)
    assert full.startswith("plugin.") or "wasm" in full


def test_gauge_has_its_last_value(managed):
    managed.ask(request="record e2e_gauge 70")
    managed.ask(request="record e2e_gauge 41")
    wait_for(managed.server, "e2e_gauge", 41)


def test_counters_of_all_threads_are_one(managed):
    for _ in range(40):
        with managed.server.connect() as connection:
            managed.ask(connection=connection, request="count e2e_threads 1")
    assert note(managed.ask(request="metric e2e_threads"), "e2e_threads") == "40"
    wait_for(managed.server, "e2e_threads", 40)


def test_counter_survives_the_loss_of_its_vm(managed):
    managed.ask(request="count e2e_survivor 5")
    managed.ask(request="trap unreachable")
    for _ in range(50):
        if note(managed.ask(request="metric e2e_survivor"), "e2e_survivor") == "5":
            return
    raise AssertionError("the counter was lost")


def test_odd_name_of_a_metric_does_no_harm(managed):
    for name in ("a%20b", "%e9", "x" * 300, "a;b".replace(";", "%3b")):
        assert managed.ask(request=f"count {name} 1").status == 200
