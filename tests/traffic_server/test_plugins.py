# SPDX-License-Identifier: Apache-2.0
"""Several plugins on one transaction: their order, and who is asked."""

import pytest

from harness.build import artifact
from harness.configuration import global_plugin, remap_plugin, scripted as scripted_configuration
from harness.scripted import Scripted, Seen
from harness.server import remap_rule


def marking(name, **keys):
    """A plugin that leaves its name in both directions."""
    lines = [f"request: add request x-order {name}", f"response: add response x-order {name}"]
    return scripted_configuration(name, lines=lines, **keys)


def order(headers):
    return ",".join(headers.all("x-order")).replace(" ", "")


@pytest.fixture(scope="module")
def several(start_shared_server, origin):
    """Global: a, then b and c. Remap: host both.test d and e, remap.test f alone, plain.test nothing of its own."""
    return start_shared_server(
        plugins=[global_plugin("a.yaml"), global_plugin("b.yaml", "c.yaml")],
        remap=[remap_rule("plain.test", origin.port), remap_rule("both.test", origin.port,
                                                                 remap_plugin("d.yaml", "e.yaml")),
               remap_rule("two.test", origin.port, remap_plugin("d.yaml"), remap_plugin("e.yaml")),
               remap_rule("remap.test", origin.port, remap_plugin("f.yaml"))],
        files={f"{name}.yaml": marking(name) for name in "abcdef"})


def test_requests_meet_global_plugins_in_order_responses_in_reverse(several):
    response = several.get("/", "plain.test")
    assert order(Seen(response).headers) == "a,b,c"
    assert order(response.headers) == "c,b,a"


def test_global_plugins_come_before_those_of_a_remap_rule(several):
    for host in ("both.test", "two.test"):
        response = several.get("/", host)
        assert order(Seen(response).headers) == "a,b,c,d,e"
        assert order(response.headers) == "e,d,c,b,a"


def test_plugin_of_a_remap_rule_meets_only_its_rule(several):
    assert order(Seen(several.get("/", "remap.test")).headers) == "a,b,c,f"
    assert "f" not in order(Seen(several.get("/", "plain.test")).headers)


def test_reply_of_a_plugin_is_not_seen_by_later_ones(several, origin):
    response = Scripted(several, "both.test").ask("/stopped", name="b", request="reply 403 b")
    assert (response.status, response.text) == (403, "b")
    assert not origin.to("/stopped")


def test_reply_of_a_remap_plugin(several, origin):
    response = Scripted(several, "remap.test").ask("/refused", name="f", request="reply 403 f")
    assert (response.status, response.text) == (403, "f")
    assert not origin.to("/refused")


def test_pause_of_one_plugin_holds_those_behind_it(several):
    response = Scripted(several, "plain.test").ask(name="b", request="pause 50")
    assert order(Seen(response).headers) == "a,b,c"


def test_pause_of_a_remap_plugin(several):
    for phase in ("request", "response"):
        response = Scripted(several, "both.test").ask(name="d", **{phase: "pause 50"})
        assert order(Seen(response).headers) == "a,b,c,d,e"
        assert order(response.headers) == "e,d,c,b,a"


def test_later_plugin_sees_what_an_earlier_one_did(several):
    response = Scripted(several, "plain.test").ask(headers=[("c-request", "get request x-from-a")], name="a",
                                                   request="add request x-from-a 1")
    assert response.headers.all("c-note") == ["x-from-a=1"]


def test_plugins_of_one_file_keep_its_order(start_server, origin):
    plugins = [marking(name) for name in "xyz"]
    text = "plugins:\n" + "".join("- " + plugin.removeprefix("config:\n").lstrip() for plugin in plugins)
    server = start_server(plugins=[global_plugin("all.yaml")], remap=[remap_rule("a.test", origin.port)],
                          files={"all.yaml": text})
    assert order(Seen(server.get("/", "a.test")).headers) == "x,y,z"


def test_both_phases_in_one_chain(start_server, origin):
    """A plugin before the cache and one behind it, each on its side."""
    server = start_server(
        plugins=[global_plugin("a.yaml", "b.yaml")], remap=[remap_rule("a.test", origin.port)],
        files={"a.yaml": marking("a", response_phase="client"), "b.yaml": marking("b", response_phase="origin")})
    first, second = (server.get("/phases?cache=60", "a.test") for _ in range(2))
    assert order(first.headers) == order(second.headers) == "b,a"


def test_plugin_without_configuration_file_in_the_rule_is_told(start_server, origin):
    server = start_server(remap=[remap_rule("a.test", origin.port, remap_plugin("nothing.yaml"))])
    server.wait_for_log(r"nothing\.yaml")
    assert server.get("/", "a.test").status in (200, 503)


def test_files_that_the_server_cuts_off_a_line_are_told(start_server, origin):
    """It takes 64 words of a line of plugin.config, the plugin's own and NULL among them."""
    names = [f"{number}.yaml" for number in range(70)]
    server = start_server(plugins=[" ".join([str(artifact("wasm.so")), *names])], remap=[remap_rule("a.test", origin.port)],
                          files={name: marking(name.removesuffix(".yaml")) for name in names})
    server.wait_for_log(r"no more than 62 files of a line: none behind 61\.yaml is loaded")
    assert order(Seen(server.get("/", "a.test")).headers) == ",".join(str(number) for number in range(62))
