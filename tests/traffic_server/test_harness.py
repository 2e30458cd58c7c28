# SPDX-License-Identifier: Apache-2.0
"""The harness itself, against a server without our plugin: a test of it that fails says nothing about the plugin."""

import os
import signal
import time

import pytest

from harness.http1 import ProtocolError, format_request
from harness.server import ServerFailed, remap_rule, tls_remap_rule

pytestmark = pytest.mark.plugin_only


@pytest.fixture(scope="module")
def bare(start_shared_server, origin, certificates):
    return start_shared_server(remap=[remap_rule("a.test", origin.port), tls_remap_rule("a.test", origin.port)],
                               certificates=certificates)


def test_origin_echoes_what_the_server_sent(bare):
    response = bare.request("POST", "/echo", "a.test", [("X-Twice", "1"), ("X-Twice", "2")], b"a body")
    echo = response.json()
    assert (response.status, echo["method"], echo["target"], echo["body"]) == (200, "POST", "/echo", "a body")
    assert [value for name, value in echo["headers"] if name == "X-Twice"] == ["1", "2"]


def test_cache_hit_does_not_reach_the_origin(bare, origin):
    first = bare.get("/cached?cache=60", "a.test")
    second = bare.get("/cached?cache=60", "a.test")
    assert first.body == second.body
    assert len(origin.to("/cached")) == 1


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_each_framing_gives_the_same_body(bare, framing):
    response = bare.get(f"/framing?size=100000&framing={framing}", "a.test")
    assert len(response.body) == 100000


@pytest.mark.parametrize("how", ["reset", "empty", "garbage", "headers"])
def test_broken_origin_is_a_bad_gateway(bare, how):
    assert bare.get(f"/broken?break={how}", "a.test").status == 502


def test_body_that_ends_early_is_noticed(bare):
    with pytest.raises(ProtocolError):
        bare.get("/broken?size=1000&break=body", "a.test")


def test_pipelined_requests_are_answered_in_order(bare):
    with bare.connect() as connection:
        connection.send(b"".join(format_request("GET", f"/p?body={n}", [("Host", "a.test")]) for n in range(10)))
        assert [connection.read_response().text for _ in range(10)] == [str(n) for n in range(10)]


def test_tls_and_http2_reach_the_origin(bare):
    assert bare.get("/tls?body=x", "a.test", tls=True).text == "x"
    with bare.connect_http2() as connection:
        ids = [connection.start("GET", f"/h2?body={n}", "a.test") for n in range(20)]
        assert [connection.finish(stream_id).text for stream_id in ids] == [str(n) for n in range(20)]


def test_crash_of_the_server_is_noticed(origin, start_server):
    server = start_server(remap=[remap_rule("a.test", origin.port)])
    os.kill(server.server_pid(), signal.SIGSEGV)
    with pytest.raises(ServerFailed, match="SIGSEGV|crashed"):
        for _ in range(100):
            server.check()
            time.sleep(0.05)
    with pytest.raises(ServerFailed):
        server.stop()


def test_traffic_ctl_reads_statistics_and_reloads(origin, start_server):
    server = start_server(remap=[remap_rule("a.test", origin.port)], manager=True)
    assert server.get("/", "b.test").status == 404
    server.write("remap.config", remap_rule("a.test", origin.port) + "\n" + remap_rule("b.test", origin.port) + "\n")
    server.reload()
    server.wait_for_log(r"remap.config finished loading[\s\S]*remap.config finished loading")
    assert server.get("/", "b.test").status == 200
    assert server.wait_for_metric("proxy.process.http.completed_requests", 2) >= 2


def test_graceful_stop_ends_without_a_signal(origin, start_server):
    start_server(remap=[remap_rule("a.test", origin.port)]).stop(graceful=True)


def test_server_started_anew_is_another_process_that_serves(start_server, origin):
    server = start_server(remap=[remap_rule("a.test", origin.port)])
    (server.directory / "log" / "left").write_text("by the process before")
    first = server.server_pid()
    server.start_anew()
    assert server.server_pid() != first
    assert not (server.directory / "log" / "left").exists()
    assert server.get("/", "a.test").status == 200
