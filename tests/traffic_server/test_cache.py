# SPDX-License-Identifier: Apache-2.0
"""Response callbacks and Traffic Server's cache: `response_phase` says on which side of it they run."""

import pytest

from harness.configuration import remap_plugin, scripted as scripted_configuration
from harness.scripted import Scripted, note, unique_path
from harness.server import remap_rule


@pytest.fixture(scope="module")
def phases(start_shared_server, origin):
    """Hosts "client" and "origin": the same module in each response_phase."""
    names = ("client", "origin")
    return start_shared_server(
        remap=[remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in names],
        files={f"{name}.yaml": scripted_configuration(name, response_phase=name) for name in names})


def test_client_phase_runs_on_miss_and_on_hit(scripted, origin):
    path = unique_path()
    for number in range(3):
        response = scripted.ask(path + "?cache=60", response=f"add response x-number {number}")
        assert response.headers.all("x-number") == [str(number)]
    assert len(origin.to(path)) == 1


def test_client_phase_does_not_change_what_is_cached(scripted):
    path = unique_path() + "?cache=60"
    scripted.ask(path, response="add response x-once 1;replace response :status 404")
    response = scripted.ask(path)
    assert response.status == 200
    assert "x-once" not in response.headers


def test_client_phase_is_the_default(phases):
    path = unique_path() + "?cache=60"
    host = Scripted(phases, "client.test")
    assert [host.ask(path, name="client", response=f"add response x-n {n}").headers.all("x-n") for n in range(2)] == \
        [["0"], ["1"]]


def test_origin_phase_changes_what_is_cached(phases):
    path = unique_path() + "?cache=60"
    host = Scripted(phases, "origin.test")
    first = host.ask(path, name="origin", response="add response x-stored 1")
    second = host.ask(path, name="origin", response="add response x-again 1")
    assert first.headers.all("x-stored") == ["1"]
    assert second.headers.all("x-stored") == ["1"]
    assert "x-again" not in second.headers


def test_origin_phase_decides_whether_it_is_cached(phases, origin):
    path = unique_path()
    host = Scripted(phases, "origin.test")
    for _ in range(2):
        host.ask(path, name="origin", response="replace response cache-control max-age=60")
    assert len(origin.to(path)) == 1
    path = unique_path()
    for _ in range(2):
        host.ask(path + "?cache=60", name="origin", response="replace response cache-control no-store")
    assert len(origin.to(path)) == 2


def test_request_headers_change_on_a_hit_is_no_error(scripted):
    path = unique_path() + "?cache=60"
    scripted.ask(path)
    assert scripted.ask(path, request="add request x-a 1").status == 200


def test_revalidated_response_meets_the_module(scripted):
    path = unique_path()
    scripted.ask(path + "?cache=60&header=etag:%22a%22")
    response = scripted.ask(path + "?cache=60&header=etag:%22a%22", headers=[("If-None-Match", '"a"')],
                            response="get response :status;add response x-a 1")
    assert response.status == 304
    assert response.headers.get("x-a") == "1"
    assert note(response, ":status") == "304"
