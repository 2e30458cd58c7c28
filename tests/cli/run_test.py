# SPDX-License-Identifier: Apache-2.0
"""`proxywasm run`, as a real process."""

import base64
import unittest

from cli import CliTest, main


class Outcome(CliTest):
    """What upstream and client get."""

    def test_changes_of_headers_are_marked(self):
        done = self.run_program("run", self.module("filter"), "--quiet", "-H", "x-old: 1", "-H", "x-old: 2",
                                "-H", "X-Gone: z", "-H", "x-kept: k")
        self.assertEqual(done.section("Request, as the upstream gets it"), [
            "    :method: GET", "    :scheme: http", "    :authority: localhost", "    :path: /",
            '  ~ x-old: new "value"   (was: 1)', "    x-kept: k", "  + x-added: yes", "  - x-old: 2", "  - X-Gone: z"])
        self.assertEqual(done.section("Response, as the client gets it"), ["    :status: 200", "  + x-added: yes"])

    def test_a_changed_body_is_marked_and_its_length_compared(self):
        done = self.run_program("run", self.module("filter"), "--quiet", "--body", "hello")
        lines = done.section("Request, as the upstream gets it")
        self.assertIn('  ~ body (4 bytes, was 5): "BODY"', lines)
        self.assertIn("  ! content-length is 5, but the body has 4 bytes", lines)

    def test_log_lines_and_metrics_are_listed(self):
        done = self.run_program("run", self.module("filter"), "--quiet", "--configuration", "my configuration",
                                "--property", "my.property=given")
        self.assertEqual(done.section("Log"), ["  info     my configuration", "  info     given"])
        self.assertEqual(done.section("Metrics"), ["  requests counter 1"])

    def test_an_untouched_transaction_has_no_marks(self):
        done = self.run_program("run", self.module("broken"), "--response-status", "404", "--response-body", "gone",
                                "--response-trailer", "x-t: 1")
        self.assertEqual(done.section("Response, as the client gets it"), [
            "    :status: 404", '    body (4 bytes): "gone"', "    trailers:", "    x-t: 1"])


class Trace(CliTest):
    """Callbacks and hostcalls."""

    def test_hostcalls_stand_under_their_callback_with_decoded_arguments(self):
        done = self.run_program("run", self.module("filter"), "--property", "my.property=given", "-H", "x-gone: 1")
        lines = done.out.splitlines()
        begin = lines.index("proxy_on_request_headers(context_id=2, num_headers=5, end_of_stream=true)")
        self.assertEqual(lines[begin + 1:begin + 10], [
            "  proxy_increment_metric(metric_id=1, delta=1) -> OK",
            '  proxy_add_header_map_value(map=HTTP_REQUEST_HEADERS, key="x-added", value="yes") -> OK',
            '  proxy_replace_header_map_value(map=HTTP_REQUEST_HEADERS, key="x-old", value="new \\"value\\"") -> OK',
            '  proxy_remove_header_map_value(map=HTTP_REQUEST_HEADERS, key="x-gone") -> OK',
            "  proxy_log(level=INFO, message=outside of memory: 0xfffffff0, 32 bytes) -> INVALID_MEMORY_ACCESS",
            '  proxy_get_header_map_value(map=HTTP_REQUEST_HEADERS, key="x-gone") -> NOT_FOUND',
            '  proxy_get_property(path="my\\x00property") -> OK  value="given"',
            '  proxy_log(level=INFO, message="given") -> OK',
            "  -> CONTINUE"])

    def test_long_values_are_cut_unless_asked_for_in_full(self):
        arguments = ("run", self.module("broken"), "--response-body", "x" * 500)
        self.assertIn('"' + "x" * 200 + '"… (500 bytes)', self.run_program(*arguments).out)
        self.assertIn('"' + "x" * 500 + '"\n', self.run_program(*arguments, "--full").out)

    def test_colors_come_only_when_asked_for_or_on_a_terminal(self):
        module = self.module("filter")
        self.assertNotIn("\033", self.run_program("run", module).out)
        self.assertIn("\033[32m", self.run_program("run", module, "--color", "always").out)
        self.assertNotIn("\033", self.run_program("run", module, "--color", "never").out)

    def test_bodies_come_in_pieces(self):
        done = self.run_program("run", self.module("filter"), "--body", "abcdefg", "--chunk-size", "3", "--json").json
        pieces = [event["arguments"] for event in done["trace"] if event.get("callback") == "proxy_on_request_body"]
        self.assertEqual([(piece["body_size"], piece["end_of_stream"]) for piece in pieces],
                         [(3, "false"), (3, "false"), (1, "true")])


class Calls(CliTest):
    """HTTP calls of a module, pauses and local replies."""

    def answer(self, text):
        return f"auth={self.file('answer', text)}"

    def test_a_request_waits_for_its_call_and_goes_on(self):
        done = self.run_program("run", self.module("caller"), "--json",
                                "--http-answer", self.answer("HTTP/1.1 200 OK\n\n")).json
        self.assertEqual(done["request"]["outcome"], "continue")
        self.assertIsNotNone(done["response"]["sent"])
        self.assertEqual([(call["upstream"], call["status"], call["end"]) for call in done["calls"]],
                         [("auth", "OK", "answered")])

    def test_a_local_reply_goes_through_the_response_callbacks(self):
        done = self.run_program("run", self.module("caller"), "--json",
                                "--http-answer", self.answer("HTTP/1.1 401 No\n\n")).json
        self.assertEqual(done["request"]["outcome"], "reply")
        self.assertIsNone(done["request"]["sent"])
        self.assertIsNone(done["response"]["received"])
        body = {"base64": base64.b64encode(b"why\xff\0not").decode()}
        self.assertEqual(done["local_reply"], {"status": 403, "details": "denied", "headers": [], "body": body,
                                               "grpc_status": -1})
        self.assertIn([":status", "403"], done["response"]["sent"]["headers"])
        self.assertEqual(done["response"]["sent"]["body"], body)
        self.assertEqual([line["text"] for line in done["log"]], ["response seen"])

    def test_a_call_to_an_unknown_upstream_is_refused(self):
        done = self.run_program("run", self.module("caller"))
        self.assertIn("-> BAD_ARGUMENT", done.out)
        self.assertIn("(nothing is canned for it, see --http-answer)", done.out)

    def test_any_upstream_can_be_answered(self):
        answer = self.file("answer", "HTTP/1.1 200 OK\n\n")
        done = self.run_program("run", self.module("caller"), "--http-answer", f"*={answer}", "--json").json
        self.assertEqual(done["calls"][0]["status"], "OK")

    def test_a_pause_without_end_is_told(self):
        done = self.run_program("run", self.module("broken"), "--configuration", "t", "--wait", "250")
        self.assertIn("a module paused it, and nothing is left that could make it go on", done.out)
        self.assertEqual(done.out.count("proxy_on_tick("), 2)

    def test_timers_run_before_the_request_when_asked(self):
        done = self.run_program("run", self.module("broken"), "--configuration", "t", "--advance", "350", "--wait", "1")
        before, _ = done.out.split("proxy_on_request_headers")
        self.assertEqual(before.count("proxy_on_tick("), 3)


class Circles(CliTest):
    """Modules whose events never end."""

    def test_a_module_that_feeds_its_own_queue_does_not_hold_the_simulator(self):
        done = self.run_program("run", self.module("circles"), "--configuration", "q")
        self.assertGreater(done.out.count("proxy_on_queue_ready("), 50)
        self.assertIn(":status: 200", done.out)

    def test_calls_that_always_make_another_one_are_given_up(self):
        answer = self.file("answer", "HTTP/1.1 200 OK\n\n")
        done = self.run_program("run", self.module("circles"), "--configuration", "h", "--quiet",
                                "--http-answer", f"*={answer}")
        self.assertEqual(done.out.count("a module seems to go round in circles"), 1)


class Messages(CliTest):
    """Requests and responses as HTTP/1 text."""

    REQUEST = b"POST http://h.test/a?b HTTP/1.1\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n" \
              b"3\r\na\0b\r\n0\r\nX-T: t\r\n\r\n"

    def headers(self, *arguments, stdin=b""):
        done = self.run_program("run", self.module("broken"), "--json", *arguments, stdin=stdin)
        return done.json["request"]["received"]

    def test_a_request_comes_from_a_file_or_the_standard_input(self):
        expected = {"headers": [[":method", "POST"], [":scheme", "http"], [":authority", "h.test"], [":path", "/a?b"],
                                ["X-One", "1"], ["Transfer-Encoding", "chunked"]],
                    "body": "a\0b", "trailers": [["X-T", "t"]]}
        self.assertEqual(self.headers("--request", self.file("request", self.REQUEST)), expected)
        self.assertEqual(self.headers("--request", "-", stdin=self.REQUEST), expected)

    def test_flags_change_what_a_file_says(self):
        request = self.file("request", "GET /old HTTP/1.1\nHost: old.test\nX-One: 1\n\n")
        changed = self.headers("--path", "/new", "-H", "Host: new.test", "-H", "x-one: 2", "--request", request)
        self.assertEqual(changed["headers"], [[":method", "GET"], [":scheme", "http"], [":authority", "new.test"],
                                              [":path", "/new"], ["Host", "new.test"], ["X-One", "1"], ["x-one", "2"]])

    def test_a_body_makes_it_a_post_with_a_length(self):
        self.assertEqual(self.headers("--body", "abc", "--url", "https://h.test/x"), {
            "headers": [[":method", "POST"], [":scheme", "https"], [":authority", "h.test"], [":path", "/x"],
                        ["content-length", "3"]], "body": "abc", "trailers": []})

    def test_binary_bodies_pass_whole(self):
        body = bytes(range(256)) * 300
        done = self.run_program("run", self.module("broken"), "--json", "--response-body",
                                f"@{self.file('body', body)}", "--chunk-size", "1000").json
        self.assertEqual(base64.b64decode(done["response"]["sent"]["body"]["base64"]), body)

    def test_a_response_comes_from_a_file(self):
        response = self.file("response", "HTTP/1.1 201 Created\nX-A: 1\nContent-Length: 2\n\nok\n")
        done = self.run_program("run", self.module("broken"), "--json", "--response", response).json
        self.assertEqual(done["response"]["sent"], {
            "headers": [[":status", "201"], ["X-A", "1"], ["Content-Length", "2"]], "body": "ok", "trailers": []})

    def test_an_upstream_may_stay_silent(self):
        done = self.run_program("run", self.module("broken"), "--no-response")
        self.assertIn("Response: there is none", done.out)


class Failures(CliTest):
    """What goes wrong, and what is said of it."""

    def test_a_trap_is_shown_with_its_backtrace(self):
        done = self.run_program("run", self.module("broken"), "--configuration", "s", code=1)
        self.assertRegex(done.out, r"proxy_on_response_headers\(.*\)\n  trap: unreachable.*\n    #0 trap_at \(module offset")
        self.assertIn(":status: 503", done.out)

    def test_traffic_passes_a_broken_plugin_that_fails_open(self):
        done = self.run_program("run", self.module("broken"), "--configuration", "s", "--fail-open", "--json", code=1)
        self.assertEqual(done.json["response"]["sent"]["headers"], [[":status", "200"]])
        self.assertTrue(done.json["trapped"])

    def test_a_trap_at_the_end_of_the_plugin_ends_in_order(self):
        done = self.run_program("run", self.module("broken"), "--configuration", "e", code=1)
        self.assertIn("proxy_on_delete(context_id=1)", done.out)

    def test_a_failed_start_is_an_error(self):
        for letter, kind in (("f", "start"), ("c", "trap")):
            done = self.run_program("run", self.module("broken"), "--configuration", letter, "--json", code=1).json
            self.assertEqual(done["plugins"][0]["error"]["kind"], kind)
            self.assertEqual(done["request"]["outcome"], "fail")

    def test_what_is_no_module_cannot_be_loaded(self):
        done = self.run_program("run", self.file("m.wasm", "(module)"), code=1)
        self.assertEqual(done.out.count("m.wasm"), 1)
        self.assertIn("m.wasm: it cannot be loaded: module: this is the text format", done.out)

    def test_a_module_that_cannot_be_read_is_told_once_with_the_reason(self):
        done = self.run_program("run", "none.wasm", code=1)
        self.assertEqual(done.out, "none.wasm: it cannot be loaded: file: cannot be opened: No such file or directory\n")
        self.assertEqual(done.err, "")
        done = self.run_program("run", "none.wasm", "--json", code=1)
        self.assertEqual(done.json["plugins"][0]["error"], {
            "kind": "file", "message": "none.wasm: cannot be opened: No such file or directory"})
        self.assertEqual(done.err, "")
        self.assertIn(": is a directory", self.run_program("run", self.directory, code=1).out)

    def test_input_that_would_be_lost_is_a_mistake(self):
        module = self.module("filter")
        for arguments, message in (
                (("--request", "-", "--body", "@-"), "standard input: it can be read once"),
                (("--request", "-", "--response", "-"), "standard input: it can be read once"),
                (("--no-response", "--response-body", "x"), "--response-body describes a response"),
                (("--response-status", "404", "--no-response"), "--response-status describes a response"),
                (("--profile-text", "same", "--timeline", "same"), "same: two of --profile-… and --timeline"),
                (("-H", ": v"), "the name before ':' is empty")):
            done = self.run_program("run", module, *arguments, stdin=b"POST / HTTP/1.1\nHost: a\n\nbody", code=2)
            self.assertIn(message, done.err)
            self.assertEqual(done.out, "")

    def test_mistakes_in_the_command_line_are_told(self):
        module = self.module("broken")
        bad_text = self.file("bad", "GET / HTTP/1.1\nX-A 1\n\n")
        for arguments, said in (
                ((), "no module is given"),
                (("a.wasm", "b.wasm"), "unexpected argument 'b.wasm'"),
                ((module, "--nonsense"), "unknown option '--nonsense'"),
                ((module, "-H", "no colon"), "--header 'no colon': there is no ':'"),
                ((module, "--response-status", "20"), "a status has three digits"),
                ((module, "--response-status", "x"), "give a number from 0 to 999"),
                ((module, "--chunk-size", "-1"), "give a number"),
                ((module, "--property", "x"), "there is no NAME=VALUE"),
                ((module, "--property-int", "x=y"), "the value is no integer"),
                ((module, "--url", "no url"), "--url 'no url': give it as http://HOST/PATH or https://HOST/PATH"),
                ((module, "--url", "ftp://x/"), "--url 'ftp://x/': give it as http://HOST/PATH or https://HOST/PATH"),
                ((module, "--url", "http://x/a b"), "--url 'http://x/a b': give it as http"),
                ((module, "--url", "http://x/\na: b"), "give it as http"),
                ((module, "--url", "/x"), "give it as http"),
                ((module, "--url", ""), "give it as http"),
                ((module, "--method", "A B"), "--method 'A B': a method is one word, such as GET"),
                ((module, "--method", ":path"), "a method is one word, such as GET"),
                ((module, "--method", ""), "a method is one word, such as GET"),
                ((module, "--path", "foo bar"), "--path 'foo bar': a path begins with '/' and has no blanks"),
                ((module, "--path", "/foo bar"), "a path begins with '/' and has no blanks"),
                ((module, "--path", "foo"), "a path begins with '/' and has no blanks"),
                ((module, "--path", "/\x1b"), "a path begins with '/' and has no blanks"),
                ((module, "--scheme", "gopher"), "--scheme 'gopher': a scheme is http or https"),
                ((module, "--log-level", "loud"), "give trace, debug, info"),
                ((module, "--color", "red"), "give auto, always or never"),
                ((module, "--request", bad_text), f"{bad_text}:2: a field is 'Name: value'"),
                ((module, "--request", "none"), "none"),
                ((module, "--http-answer", "up=none"), "none"),
                ((module, "--config", "none.yaml"), "none.yaml"),
                ((module, "--config", "x.yaml", "--name", "n"), "--config already describes the plugin")):
            done = self.run_program("run", *arguments, code=2)
            self.assertIn(said, done.err)
            self.assertEqual(done.out, "")

    def test_what_a_request_can_have_is_taken(self):
        for option, name, values in (("--method", ":method", ("PATCH", "CONNECT", "x-own")),
                                     ("--path", ":path", ("/", "*", "/a?b=c#d", "/\u00fc")),
                                     ("--scheme", ":scheme", ("http", "https"))):
            for value in values:
                done = self.run_program("run", self.module("broken"), option, value, "--json").json
                self.assertIn([name, value], done["request"]["sent"]["headers"])


class Configuration(CliTest):
    """Plugins from a configuration file."""

    def write(self, plugins):
        entries = "".join(f"- name: {name}\n  configuration: {text}\n  vm_config:\n    code:\n      local:\n"
                          f"        filename: {module}\n" for name, text, module in plugins)
        return self.file("plugins.yaml", f"plugins:\n{entries}")

    def test_modules_are_looked_for_beside_the_file(self):
        self.module("filter")
        done = self.run_program("run", "--config", self.write([("one", "text", "filter.wasm")]), "--json").json
        self.assertEqual(done["plugins"][0]["name"], "one")
        self.assertEqual(done["log"][0]["text"], "text")

    def test_a_chain_meets_the_response_in_reverse(self):
        self.module("filter")
        self.module("caller")
        answer = self.file("answer", "HTTP/1.1 200 OK\n\n")
        config = self.write([("first", "text", "filter.wasm"), ("second", "text", "caller.wasm")])
        done = self.run_program("run", "--config", config, "--http-answer", f"auth={answer}", "--json").json
        order = [(event["plugin"], event["callback"]) for event in done["trace"] if "headers" in event["callback"]]
        self.assertEqual(order, [("first", "proxy_on_request_headers"), ("second", "proxy_on_request_headers"),
                                 ("second", "proxy_on_response_headers"), ("first", "proxy_on_response_headers")])

    def test_no_module_can_be_given_beside_a_chain(self):
        config = self.write([("a", "x", "a.wasm"), ("b", "x", "b.wasm")])
        done = self.run_program("run", "--config", config, self.module("filter"), code=2)
        self.assertIn("has 2 plugins: no module can be given beside it", done.err)

    def test_the_module_of_the_command_line_takes_the_place_of_that_of_one_plugin(self):
        config = self.write([("one", "text", "elsewhere.wasm")])
        done = self.run_program("run", "--config", config, self.module("filter"), "--json").json
        self.assertEqual(done["log"][0]["text"], "text")


class Determinism(CliTest):
    """The same input gives the same output."""

    def test_two_runs_show_the_same(self):
        arguments = ("run", self.module("filter"), "--body", "x", "--json")
        self.assertEqual(self.run_program(*arguments).bytes, self.run_program(*arguments).bytes)


if __name__ == "__main__":
    main()
