# SPDX-License-Identifier: Apache-2.0
"""`proxywasm bench`, as a real process. What a figure is depends on the machine; what is in it does not."""

import json
import unittest

from cli import CliTest, main


class Bench(CliTest):
    """With a module that does what its configuration says."""

    def bench(self, configuration, *arguments, code=0):
        return self.run_program("bench", self.module("busy"), "--configuration", configuration, *arguments, code=code)

    def figures(self, configuration, *arguments):
        return self.bench(configuration, "--json", *arguments).json["engines"][0]

    def test_each_callback_and_hostcall_is_counted_by_name(self):
        figures = self.figures("a", "--streams", "200")
        self.assertEqual(figures["error"], None)
        self.assertEqual({call["name"]: call["calls_per_stream"] for call in figures["callbacks"]},
                         {"proxy_on_context_create": 1, "proxy_on_request_headers": 1})
        self.assertEqual({call["name"]: call["calls_per_stream"] for call in figures["hostcalls"]},
                         {"proxy_get_header_map_value": 20})
        self.assertEqual({call["name"] for call in figures["start"]["callbacks"]},
                         {"proxy_on_context_create", "proxy_on_configure"})
        self.assertEqual(figures["stream"]["streams"], 200)

    def test_parts_are_no_longer_than_the_whole(self):
        figures = self.figures("h", "--seconds", "0.3")
        stream = figures["stream"]
        self.assertLessEqual(stream["min"], stream["median"])
        self.assertLessEqual(stream["median"], stream["p99"])
        self.assertGreaterEqual(stream["batches"], 10)
        callbacks = {call["name"]: call for call in figures["callbacks"]}
        whole = callbacks["proxy_on_request_headers"]["nanoseconds"]
        own = callbacks["proxy_on_request_headers"]["module_nanoseconds"]
        self.assertLessEqual(own["min"], whole["min"])
        # 4000 rounds of some four instructions that wait for each other, at 10 GHz at most.
        self.assertGreater(own["min"], 1000)
        # The least of each: what disturbs makes it more.
        self.assertLess(figures["simulated_proxy"]["min"], stream["min"])
        self.assertLess(own["min"], stream["median"])

    def test_what_hostcalls_take_is_not_counted_for_the_module(self):
        figures = self.figures("a", "--streams", "2000")
        callback = next(call for call in figures["callbacks"] if call["name"] == "proxy_on_request_headers")
        self.assertLess(callback["module_nanoseconds"]["median"], callback["nanoseconds"]["median"])

    def test_the_text_has_all_parts(self):
        lines = self.bench("a", "--seconds", "0.05").out.splitlines()
        for begin in ("Engine ", "Start", "A stream", "Callbacks", "Hostcalls", "Memory", "Calls were timed"):
            self.assertTrue(any(line.startswith(begin) for line in lines), begin)

    def test_engines_stand_side_by_side(self):
        engines = [engine["name"] for engine in self.run_program("engines", "--json").json if engine["usable"]]
        done = self.bench("h", "--engine", "all", "--seconds", "0.05")
        head = done.out.splitlines()[0].split()
        for engine in engines:
            self.assertIn(engine, head)
        row = next(line for line in done.out.splitlines() if "proxy_on_request_headers" in line)
        self.assertEqual(row.count(" ns") + row.count(" µs") + row.count(" ms"), len(engines))
        every = self.bench("h", "--engine", "all", "--seconds", "0.05", "--json").json["engines"]
        self.assertEqual([figures["engine"] for figures in every if figures["error"] is None], engines)

    def test_a_module_that_grows_is_told(self):
        figures = self.figures("g", "--streams", "1000")
        memory = figures["linear_memory"]
        self.assertGreater(memory["after"], memory["middle"])
        self.assertGreater(memory["middle"], memory["before"])
        done = self.bench("g", "--streams", "1000")
        self.assertIn("and still growing", done.out)
        self.assertIn("bytes a stream stay behind: the limit of 256.0 MiB comes after", done.out)

    def test_streams_that_get_slower_are_told(self):
        done = self.bench("s", "--streams", "5000")
        self.assertTrue("Streams got slower by" in done.out or "Do not believe the figures" in done.out, done.out)
        self.assertGreater(self.figures("s", "--streams", "5000")["stream"]["drift"], 0.25)

    def test_a_trap_ends_it_with_its_backtrace(self):
        done = self.bench("t", code=1)
        self.assertEqual(done.out, "")
        self.assertTrue(done.err.startswith("proxywasm bench: trap: stream 50: the module trapped in "
                                            "proxy_on_request_headers: unreachable"), done.err)
        self.assertIn("#0", done.err)

    def test_a_trap_is_told_on_each_engine(self):
        every = self.bench("t", "--engine", "all", "--json", "--streams", "100", code=1).json["engines"]
        for figures in every:
            self.assertTrue(figures["error"])

    def test_a_pause_without_end_ends_it(self):
        done = self.bench("p", code=1)
        self.assertTrue(done.err.startswith("proxywasm bench: limit: stream 50: the request is still paused at its "
                                            "end"), done.err)

    def test_a_local_reply_is_measured_and_told(self):
        self.assertIn("The module answers with a local reply (403).", self.bench("l", "--streams", "100").out)
        figures = self.figures("l", "--streams", "100")
        self.assertEqual((figures["local_reply"], figures["request"], figures["simulated_proxy"]), (403, "reply", None))

    def test_few_streams_come_with_a_warning(self):
        self.assertIn("! 1 batch: too few to tell", self.bench("a", "--streams", "1").out)

    def test_log_lines_do_not_pile_up(self):
        # The address sanitizer keeps what is freed for a while.
        done = self.run_program("bench", self.module("filter"), "--streams", "50000", "--property",
                                "my.property=" + "x" * 1000, "--json",
                                environment={"ASAN_OPTIONS": "quarantine_size_mb=1"}).json["engines"][0]
        log = next(call for call in done["hostcalls"] if call["name"] == "proxy_log")
        self.assertGreaterEqual(log["calls_per_stream"], 1)
        self.assertLess(done["resident_memory"]["after"] - done["resident_memory"]["before"], 10 << 20)

    def test_a_chain_is_measured_whole(self):
        module = self.module("busy")
        config = self.file("chain.yaml", "plugins:\n" + "".join(
            f"- name: {name}\n  configuration: {letter}\n  vm_config: {{vm_id: {name}, code: {{local: {{filename: "
            f"{module}}}}}}}\n"
            for name, letter in (("first", "a"), ("second", "h"))))
        figures = self.run_program("bench", "--config", config, "--streams", "100", "--json").json["engines"][0]
        plugins = [call["plugin"] for call in figures["callbacks"] if call["name"] == "proxy_on_request_headers"]
        self.assertEqual(plugins, ["first", "second"])
        lines = self.run_program("bench", "--config", config, "--streams", "100").out.splitlines()
        self.assertEqual(lines.count("  first"), 3)
        self.assertEqual(lines.count("  second"), 2)

    def suite(self, tests):
        return self.file("suite.yaml", f"env:\n  wasm_path: {self.module('busy')}\ntest:\n{tests}")

    def test_the_tests_of_a_suite_are_measured(self):
        suite = self.suite("""
- name: whole
  plugin: {configuration: a}
  request_headers: {input: {header: [{key: ":path", value: /}]}}
  response_headers: {input: {header: [{key: ":status", value: "200"}]}}
- name: two at once
  plugin: {configuration: a}
  steps:
  - {stream: a, request_headers: {input: {header: [{key: ":path", value: /a}]}}}
  - {stream: b, request_headers: {input: {header: [{key: ":path", value: /b}]}}}
  - {advance: {by: 10}}
- name: traps
  plugin: {configuration: t}
  request_headers: {input: {header: [{key: ":path", value: /}]}}
""")
        tests = self.run_program("bench", suite, "--streams", "100", "--json").json["tests"]
        self.assertEqual([test["test"] for test in tests], ["whole", "two at once", "traps"])
        calls = [{call["name"]: call["calls_per_stream"] for call in test["hostcalls"]} for test in tests[:2]]
        self.assertEqual(calls, [{"proxy_get_header_map_value": 20}, {"proxy_get_header_map_value": 40}])
        self.assertIn("stream 50: the module trapped in proxy_on_request_headers", tests[2]["error"])
        done = self.run_program("bench", suite, "--streams", "100")
        self.assertRegex(done.out, r"(?m)^  whole  .*[0-9] .s ")
        self.assertRegex(done.out, r"(?m)^  traps: not measured: stream 50: the module trapped in [^\n]*$")
        self.assertNotIn("#0", done.out)
        done = self.run_program("bench", suite, "--streams", "100", "--filter", "two", "--json").json["tests"]
        self.assertEqual([test["test"] for test in done], ["two at once"])

    def test_a_suite_of_which_nothing_can_be_measured_is_a_failure(self):
        suite = self.suite("- name: traps\n  plugin: {configuration: t}\n"
                           "  request_headers: {input: {header: [{key: ':path', value: /}]}}\n")
        self.run_program("bench", suite, "--streams", "100", code=1)

    def test_mistakes_with_suites_are_told(self):
        suite = self.suite("- name: one\n")
        for arguments, message in (((suite, "-H", "a: b"), "of a suite's tests, the suite says what comes"),
                                   ((suite, "--engine", "all"), "--engine with one engine"),
                                   ((suite, "--filter", "two"), "has no test that fits"),
                                   ((self.module("busy"), "--filter", "x"), "--filter chooses among"),
                                   ((self.module("busy"), "x"), "a second module can only be given with a suite"),
                                   ((self.file("no.yaml", "nothing: 1"),), "unknown key")):
            self.assertIn(message, self.run_program("bench", *arguments, code=2).err)

    def test_a_module_that_does_not_start_or_load_is_an_error(self):
        done = self.run_program("bench", self.module("broken"), "--configuration", "f", code=1)
        self.assertIn("proxy_on_configure answered false", done.err)
        done = self.run_program("bench", self.file("text.wasm", "no module"), code=1)
        self.assertIn("not a wasm module", done.err)
        self.run_program("bench", self.directory / "missing.wasm", code=1)

    def test_why_nothing_was_measured_is_in_the_json(self):
        for arguments, message in (((self.module("broken"), "--configuration", "f"), "proxy_on_configure answered false"),
                                   ((self.file("text.wasm", "no module"),), "not a wasm module"),
                                   ((self.directory / "missing.wasm",), "missing.wasm: cannot be opened")):
            done = self.run_program("bench", "--json", *arguments, code=1)
            self.assertIn(message, json.dumps(done.json))

    def test_modules_that_go_round_in_circles_end_it(self):
        done = self.run_program("bench", self.module("circles"), "--configuration", "h", "--streams", "10",
                                "--http-answer", f"*={self.file('answer', 'HTTP/1.1 200 OK')}", code=1)
        self.assertIn("a module seems to go round in circles", done.err)

    def test_mistakes_in_the_command_line_are_told(self):
        module = self.module("busy")
        for arguments, message in ((("--seconds", "0"), "--seconds 0: give a number of seconds from 0.01 to 3600"),
                                   (("--seconds", "nan"), "--seconds nan: give a number"),
                                   (("--streams", "0"), "--streams 0: give at least 1"),
                                   (("--streams", "x"), "--streams"),
                                   (("--quiet",), "unknown option '--quiet'"),
                                   (("--engine", "none"), "--engine none: there is no such engine")):
            done = self.run_program("bench", module, *arguments, code=2)
            self.assertIn(message, done.err)


if __name__ == "__main__":
    main()
