# SPDX-License-Identifier: Apache-2.0
"""What modules log is in diags.log and in wasm.log."""

import re
import time

import pytest

from harness.configuration import global_plugin, patient, scripted as scripted_configuration
from harness.scripted import Scripted
from harness.server import remap_rule


@pytest.mark.parametrize("level", ["info", "warn", "error", "critical"])
def test_line_is_in_both_logs(scripted, level):
    text = f"line-of-level-{level}"
    scripted.ask(request=f"log {level} {text}")
    for name in ("diags.log", "wasm.log"):
        line = scripted.server.wait_for_log(f".*{text}.*", name).group(0)
        assert "do" in line, f"the plugin's name is not in {line!r}"
    assert level in scripted.server.wait_for_log(f".*{text}.*", "wasm.log").group(0).lower()


def test_lines_below_the_level_are_dropped(scripted):
    scripted.ask(request="log debug dropped-line;log trace dropped-line;log info kept-line")
    scripted.server.wait_for_log("kept-line", "wasm.log")
    assert "dropped-line" not in scripted.server.log("wasm.log") + scripted.server.log()


def test_log_level_lets_debug_lines_through(start_server, origin):
    server = start_server(plugins=[global_plugin("a.yaml")], remap=[remap_rule("a.test", origin.port)],
                          files={"a.yaml": scripted_configuration(log_level="trace")})
    Scripted(server, "a.test").ask(request="log debug a-debug-line;log trace a-trace-line")
    server.wait_for_log("a-debug-line", "wasm.log")
    server.wait_for_log("a-trace-line", "wasm.log")


def test_line_cannot_forge_another(scripted):
    scripted.ask(request="log info begin%0aforged%20line%0d%00end;log info %25s%25n%25d-is-no-format")
    line = scripted.server.wait_for_log(r"begin.*end.*", "wasm.log").group(0)
    assert "forged" in line
    assert not re.search(r"(?m)^forged", scripted.server.log("wasm.log") + scripted.server.log())
    scripted.server.wait_for_log(r"%s%n%d-is-no-format", "wasm.log")


def test_flood_of_lines_is_bounded_and_counted(start_server, origin):
    server = start_server(plugins=[global_plugin("a.yaml")], remap=[remap_rule("a.test", origin.port)],
                          files={"a.yaml": scripted_configuration(limits=patient(log_lines_per_second=50))}, threads=1)
    host = Scripted(server, "a.test")
    host.ask(request="lines 5000")
    server.wait_for_log(r"line 10\b", "wasm.log")
    assert server.log("wasm.log").count("line ") < 300
    # It is told though nothing else is logged.
    server.wait_for_log(r"\b4[89]\d\d log lines of the module were dropped")


@pytest.mark.parametrize("scope", ["process", "transaction"])
def test_flood_of_lines_is_bounded_and_counted_whatever_vms_there_are(start_server, origin, scope):
    server = start_server(plugins=[global_plugin("a.yaml")], remap=[remap_rule("a.test", origin.port)], threads=1,
                          files={"a.yaml": scripted_configuration(limits=patient(log_lines_per_second=50),
                                                                  vm_scope=scope)})
    host = Scripted(server, "a.test")
    for _ in range(10):
        host.ask(request="lines 500")
    server.wait_for_log(r"\b[34]\d\d\d log lines of the module were dropped")
    assert server.log("wasm.log").count("line ") < 1000


def test_log_callback_reads_both_header_maps(scripted):
    since = len(scripted.server.log())
    scripted.ask("/logged?header=x-answer:42", headers=[("x-question", "41")],
                 log="get request x-question;get response x-answer;get response :status")
    for expected in ("x-question=41", "x-answer=42", ":status=200"):
        scripted.server.wait_for_log(expected, since=since)


def test_done_log_and_delete_run_for_each_stream(start_server, origin):
    lines = ["done: note is-done", "log: note is-logged", "delete: note is-deleted"]
    server = start_server(plugins=[global_plugin("a.yaml")], remap=[remap_rule("a.test", origin.port)],
                          files={"a.yaml": scripted_configuration(lines=lines)})
    host = Scripted(server, "a.test")
    for _ in range(3):
        host.ask()
    server.wait_for_log(r"(is-done[\s\S]*is-logged[\s\S]*is-deleted[\s\S]*){3}")
