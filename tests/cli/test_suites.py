# SPDX-License-Identifier: Apache-2.0
"""proxywasm test: suites run, and what is wrong is told. The modules are the conformance suite's `caller`, which does
what its configuration says, and the header example."""

import json
import re
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import ROOT

# What `caller` does in each callback; see tests/conformance/modules/caller/script.h.
ADDS_A_HEADER = """
request_headers:
  proxy_log(INFO, "seen") -> OK
  proxy_add_header_map_value(HTTP_REQUEST_HEADERS, "x-seen", "yes") -> OK
"""
REPLIES = """
request_headers:
  proxy_send_local_response(403, "because", "no entry", {"x-why": "rule"}, -1) -> OK
  return PAUSE
"""


@pytest.fixture
def run_test(proxywasm, write, module):
    """Runs a suite with one test: the script of the module, and the rest of the test as YAML."""

    def run(script, test, *options, env=""):
        lines = "".join(f"        {line}\n" for line in script.strip().splitlines())
        indented = "".join(f"  {line}\n" for line in test.strip().splitlines())
        suite = write("suite.yaml", f"env:\n  log_level: TRACE\n{env}test:\n- name: tried\n  plugin:\n"
                                    f"    configuration: |\n{lines}{indented}")
        return proxywasm("test", *options, suite, module("conformance/caller"))

    return run


REQUEST = 'request_headers:\n  input: {content: "GET /path HTTP/1.1\\nHost: a.example\\n"}\n'


def passes(done):
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "ok tried\n1 passed, 0 failed\n"


def fails(done, *messages):
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "FAILED tried"
    assert lines[-1] == "0 passed, 1 failed"
    found = [re.sub(r"^    .*suite\.yaml:\d+: ", "", line) for line in lines[1:-1]]
    assert found == list(messages)


# ------------------------------------------------------------------------------------------- what the other runner has

def test_headers_body_reply_and_log_are_matched(run_test):
    passes(run_test(REPLIES, REQUEST + """
  result:
    immediate: {http_status: 403, details: because}
    has_header: [{key: X-Why, value: rule}]
    no_header: [{key: ":path"}]
    headers: [{exact: "x-why: rule"}, {regex: "x-w.*"}, {regex: "host:.*", invert: true}]
    body: [{exact: no entry}, {regex: "no [a-z]+"}, {exact: other, invert: 'true'}]
    log: [{regex: ".*as expected"}, {exact: never, invert: true}]
"""))


def test_each_expectation_that_is_not_met_is_told(run_test):
    fails(run_test(ADDS_A_HEADER, REQUEST + """
  result:
    has_header: [{key: x-seen, value: "no"}, {key: x-other, value: a}]
    no_header: [{key: x-seen}]
    headers: [{exact: "x-seen: no"}]
    body: [{exact: text}]
    log: [{exact: unseen}, {regex: "se.n", invert: true}]
"""),
          'request_headers: header "x-seen": expected "no", came "yes"',
          'request_headers: header "x-other": expected "a", came no such header',
          'request_headers: header "x-seen": expected none, came "yes"',
          'request_headers: expected that a header is "x-seen: no"; came: ',
          '      ":method: GET"', '      ":authority: a.example"', '      ":path: /path"', '      "x-seen: yes"',
          'request_headers: expected that the body is "text"; came: ""',
          'request_headers: expected that a log line is "unseen"; came: ',
          '      "seen"', '      "request_headers: as expected"',
          'request_headers: not expected that a log line matches "se.n"; came: ',
          '      "seen"', '      "request_headers: as expected"')


def test_a_reply_that_was_not_expected_is_a_failure(run_test):
    fails(run_test(REPLIES, REQUEST),
          'request_headers: a local reply came that was not expected: status 403, body "no entry"')


def test_a_reply_that_does_not_come_is_a_failure(run_test):
    fails(run_test(ADDS_A_HEADER, REQUEST + "  result: {immediate: {http_status: 200}}"),
          "request_headers: expected a local reply, came continue")


def test_parts_of_a_reply_are_compared(run_test):
    fails(run_test(REPLIES, REQUEST + "  result: {immediate: {http_status: 404, grpc_status: 5, details: other}}"),
          "request_headers: status of the local reply: expected 404, came 403",
          "request_headers: gRPC status of the local reply: expected 5, came -1",
          'request_headers: details of the local reply: expected "other", came "because"')


def test_a_pause_that_was_not_expected_is_a_failure(run_test):
    fails(run_test("request_headers:\n  return PAUSE", REQUEST),
          "request_headers: outcome: expected continue, came pause")


def lines_of_failures(done):
    return [int(line) for line in re.findall(r"(?m)^    .*suite\.yaml:(\d+): ", done.stdout)]


@pytest.mark.parametrize("step", ["request_headers: {}", "request_headers:\n      input: {}",
                                  "stream: a\n    request_headers: {}", "foreign_function: {plugin: 9}",
                                  "{request_headers: {}}", "{request_headers: {result: {outcome: continue}}}"])
def test_a_step_that_fails_is_told_with_its_line(run_test, step):
    done = run_test("request_headers:\n  return PAUSE", f"steps:\n  - advance: {{by: 1ms}}\n  - {step}\n")
    assert done.returncode == 1
    assert lines_of_failures(done) == [11], done.stdout


def test_an_invocation_that_fails_is_told_with_its_line(run_test):
    """Which is that of what stands in it."""
    done = run_test("request_headers:\n  return PAUSE", "request_headers: {}\n")
    assert lines_of_failures(done) == [9], done.stdout
    done = run_test("request_headers:\n  return PAUSE", "request_headers:\n  input: {}\n")
    assert lines_of_failures(done) == [10], done.stdout
    done = run_test("request_body:\n  trap unreachable", "request_body:\n- input:\n    content: a\n")
    assert lines_of_failures(done) == [10], done.stdout


def test_after_a_reply_later_phases_see_nothing(run_test):
    passes(run_test(REPLIES + "response_headers:\n  trap unreachable\n", REQUEST + """
  result: {immediate: {}}
response_headers:
  input: {content: "HTTP/1.1 200 OK\\n"}
  result:
    no_header: [{key: ":status"}]
    body: [{exact: ""}]
    log: [{regex: ".*", invert: true}]
"""))


def test_headers_of_one_name_are_one(run_test):
    passes(run_test(ADDS_A_HEADER, """
request_headers:
  input:
    header: [{key: A, value: ""}, {key: a, value: "1"}, {key: A, value: "2"}, {key: x-seen, value: before}]
  result:
    has_header: [{key: a, value: "1, 2"}, {key: x-seen, value: "before, yes"}]
"""))


def test_text_becomes_headers_as_http_2_has_them(run_test):
    script = "request_headers:\n  proxy_log(INFO, \"x\") -> OK"
    passes(run_test(script, """
request_headers:
  input: {content: "GET https://example.com:8080/p?q=1 HTTP/1.1\\r\\nHost: other\\r\\nMyHeader: 1\\r\\nMyHeader: 2\\r\\n"}
  result:
    header_lines: [":method: GET", ":scheme: https", ":authority: example.com:8080", ":path: /p?q=1",
                   "myheader: 1, 2"]
response_headers:
  input: {content: "HTTP/1.1 403 Forbidden\\nContent-Length: 12\\n"}
  result: {header_lines: [":status: 403", "content-length: 12"]}
"""))


def test_input_and_expectations_may_be_files_beside_the_suite(run_test, write):
    write("data/request.txt", "GET /filed HTTP/1.1\nHost: a.example\n")
    write("data/body.bin", b"\x00\xffbody")
    passes(run_test("request_body:\n  proxy_set_buffer_bytes(HTTP_REQUEST_BODY, 0, 0, \"\") -> OK", """
request_headers:
  input: {file: data/request.txt}
  result: {has_header: [{key: ":path", value: /filed}]}
request_body:
- input: {file: data/body.bin}
  result: {body: [{file: data/body.bin}, {exact: !!binary AP9ib2R5}]}
"""))


def test_a_file_that_is_not_there_is_a_failure(run_test):
    done = run_test(ADDS_A_HEADER, "request_headers:\n  input: {file: nowhere.txt}\n")
    assert done.returncode == 1
    assert "nowhere.txt: cannot be opened: No such file or directory" in done.stdout


APPENDS = "request_body:\n  proxy_set_buffer_bytes(HTTP_REQUEST_BODY, 0xffffffff, 0, \"foo\") -> OK\n"


@pytest.mark.parametrize(("plan", "body", "expected"), [
    ("num_chunks: 5", "1234567890", "12foo34foo56foo78foo90foo"),
    ("chunk_size: 2", "1234567890", "12foo34foo56foo78foo90foo"),
    ("num_chunks: 3", "1234567890", "123foo456foo7890foo"),
    ("chunk_size: 4", "1234567890", "1234foo5678foo90foo"),
    ("chunk_size: 100", "12", "12foo"),
    ("num_chunks: 5", "12", "1foo2foo"),
    ("num_chunks: 5", "", "foo"),
])
def test_bodies_come_in_pieces(run_test, plan, body, expected):
    passes(run_test(APPENDS, f"{plan}\nrequest_body:\n- input: {{content: '{body}'}}\n"
                             f"  result: {{body: [{{exact: {expected}}}]}}"))


def test_several_bodies_are_pieces_of_one(run_test):
    passes(run_test(APPENDS + "request_body#1:\n  expect $2 == 0\nrequest_body#2:\n  expect $2 == 1\n", """
request_body:
- {input: {content: '12'}, result: {body: [{exact: 12foo}]}}
- {input: {content: '34'}, result: {body: [{exact: 34foo}]}}
"""))


def test_properties_are_answered(run_test):
    passes(run_test("""
request_headers:
  proxy_get_property("my\\x00own") -> OK "value"
  proxy_get_property("request\\x00size") -> OK "\\x07\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
  proxy_get_property("flag") -> OK "\\x01"
""", """
properties:
- {path: my.own, value: value}
- {path: request.size, value: "7", type: int}
- {path: flag, value: yes, type: bool}
""" + REQUEST + "  result: {log: [{exact: 'request_headers: as expected'}]}"))


def test_lifecycles_are_looked_at(run_test):
    passes(run_test("configure:\n  proxy_log(INFO, \"c\") -> OK\ncontext_create:\n  proxy_log(INFO, \"s\") -> OK\n"
                    "delete:\n  proxy_log(INFO, \"d\") -> OK\nroot_delete:\n  proxy_log(INFO, \"r\") -> OK\n", """
plugin_init: {log: [{exact: c}, {exact: d, invert: true}]}
stream_init: {log: [{exact: s}]}
stream_destroy: {log: [{exact: d}, {exact: r, invert: true}]}
plugin_destroy: {log: [{exact: r}]}
"""))


@pytest.mark.parametrize(("env", "nanoseconds"), [("", "1000000"), ("  time_secs: 123456789\n", "123456789000000000")])
def test_the_clock_stands_where_the_suite_says(run_test, env, nanoseconds):
    passes(run_test(f"request_headers:\n  proxy_get_current_time_nanoseconds() -> OK {nanoseconds}\n", REQUEST
                    + "  result: {log: [{exact: 'request_headers: as expected'}]}", env=env))


def test_log_levels_of_the_suite_and_of_the_command_line(run_test):
    script = "request_headers:\n  proxy_log(DEBUG, \"quiet\") -> OK\n"
    expects = REQUEST + "  result: {log: [{exact: quiet}]}"
    passes(run_test(script, expects))
    assert run_test(script, expects, "--loglevel", "info").returncode == 1


def test_log_texts_match_as_the_module_wrote_them(run_test):
    passes(run_test("request_headers:\n  proxy_log(INFO, \"a\\nb\\x01\") -> OK\n", REQUEST + """
  result:
    log: [{exact: "a\\nb\\x01"}, {regex: "a\\nb."}]
"""))


# ---------------------------------------------------------------------------------------------------- what is ours alone

def test_steps_calls_and_time(run_test):
    passes(run_test("""
request_headers:
  proxy_http_call("auth", {":method": "GET", ":path": "/who", ":authority": "auth.example"}, "", {}, 5000) -> OK >0
  return PAUSE
http_call_response:
  proxy_get_header_map_value(HTTP_CALL_RESPONSE_HEADERS, ":status") -> OK "204"
  proxy_set_effective_context(2) -> OK
  proxy_add_header_map_value(HTTP_REQUEST_HEADERS, "x-auth", "ok") -> OK
  proxy_continue_stream(HTTP_REQUEST) -> OK
""", """
http_answer:
- {upstream: auth, header: [{key: ":status", value: "204"}], delay: 20ms}
steps:
- request_headers:
    input: {content: "GET / HTTP/1.1\\nHost: a.example\\n"}
    result:
      outcome: pause
      http_call:
      - {upstream: auth, timeout: 5s, has_header: [{key: ":path", value: /who}], status: OK}
- wait:
    result:
      outcome: continue
      has_header: [{key: x-auth, value: ok}]
      http_call: []
- end: {}
"""))


def test_a_trap_may_be_expected(run_test):
    passes(run_test("request_headers:\n  trap unreachable\n", REQUEST + """
  result:
    outcome: continue
    trap: [{regex: ".*proxy_on_request_headers.*unreachable.*"}]
"""))


def test_a_trap_that_is_not_expected_ends_the_test(run_test):
    done = run_test("request_headers:\n  trap unreachable\n", REQUEST + """
response_headers:
  result: {has_header: [{key: never, value: looked at}]}
""")
    assert done.returncode == 1
    assert "request_headers: the module trapped; the log: " in done.stdout
    assert "looked at" not in done.stdout


def test_a_trap_that_does_not_come_is_a_failure(run_test):
    fails(run_test(ADDS_A_HEADER, REQUEST + "  result: {trap: []}"), "request_headers: expected a trap, came none")


def test_a_plugin_that_does_not_start(run_test):
    passes(run_test("configure:\n  return 0\n", """
plugin_init: {error: [{regex: ".*proxy_on_configure.*"}]}
"""))
    done = run_test("configure:\n  return 0\n", REQUEST)
    assert done.returncode == 1
    assert "plugin_init: start: " in done.stdout


def test_metrics_are_compared(run_test):
    passes(run_test("""
configure:
  proxy_define_metric(COUNTER, "requests") -> OK $counter=
  proxy_increment_metric($counter, 3) -> OK
""", """
plugin_init:
  metric: [{name: requests, type: counter, value: 3}, {name: other, absent: true}]
"""))
    fails(run_test("configure:\n  proxy_define_metric(GAUGE, \"level\") -> OK\n", """
plugin_init:
  metric: [{name: level, value: -1}, {name: level, absent: true}, {name: other, value: 1}]
"""),
          "plugin_init: metric 'level': expected -1, came 0",
          'plugin_init: metric "level": there is one, and none was expected',
          'plugin_init: metric "other": there is none')


def test_several_plugins_make_a_chain(proxywasm, write, module):
    adds = "request_headers:\n  proxy_add_header_map_value(HTTP_REQUEST_HEADERS, \"x\", \"{0}\") -> OK\n" \
           "response_headers:\n  proxy_add_header_map_value(HTTP_RESPONSE_HEADERS, \"x\", \"{0}\") -> OK\n"
    plugins = "".join(f"  - {{configuration: {json.dumps(adds.format(name))}}}\n" for name in ("first", "second"))
    suite = write("suite.yaml", f"env:\n  plugins:\n{plugins}" + """
test:
- name: tried
  request_headers: {result: {header_lines: ["x: first", "x: second"]}}
  response_headers: {result: {header_lines: ["x: second", "x: first"]}}
""")
    passes(proxywasm("test", suite, module("conformance/caller")))


def test_header_lines_are_compared_in_order(run_test):
    fails(run_test(ADDS_A_HEADER, """
request_headers:
  input: {header: [{key: a, value: "1"}], repeat: true}
  result: {header_lines: ["a: 1"]}
"""), 'request_headers: header line 2: expected no more, came "x-seen: yes"')


def test_a_step_of_a_stream_that_has_ended_is_a_mistake(run_test):
    done = run_test("request_headers:\n  return CONTINUE", """
steps:
- request_headers: {input: {content: "GET / HTTP/1.1\\nHost: a.example\\n"}}
- end: {}
- request_headers: {input: {content: "GET / HTTP/1.1\\nHost: a.example\\n"}, result: {outcome: continue}}
""")
    fails(done, "request_headers: its stream has ended; 'stream' beside the step's key names another one")


def test_streams_of_one_test_are_apart(run_test):
    passes(run_test("request_headers:\n  proxy_log(INFO, \"x\") -> OK\n", """
steps:
- {stream: a, request_headers: {input: {content: "GET /a HTTP/1.1\\n"}}}
- {stream: b, request_headers: {input: {content: "GET /b HTTP/1.1\\n"},
                                result: {has_header: [{key: ":path", value: /b}]}}}
- {stream: a, response_headers: {input: {content: "HTTP/1.1 200 OK\\n"}}}
- {stream: b, end: {}}
"""))


# ---------------------------------------------------------------------------------------------------------------- output

TWO = """
test:
- name: good one
  request_headers: {}
- name: bad <"one">
  request_headers: {result: {has_header: [{key: a, value: "1"}]}}
"""


@pytest.fixture
def two_tests(proxywasm, write, module):
    suite = write("two.yaml", TWO)
    return suite, lambda *options: proxywasm("test", *options, suite, module("examples/c/headers"))


def test_json_output(two_tests):
    suite, run = two_tests
    done = run("--json")
    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["suite"], report["passed"], report["failed"]) == (str(suite), 1, 1)
    good, bad = report["tests"]
    assert (good["name"], good["passed"], good["failures"]) == ("good one", True, [])
    assert bad["name"] == 'bad <"one">'
    assert bad["failures"] == [
        {"line": 6, "message": 'request_headers: header "a": expected "1", came no such header'}]


def test_junit_output(two_tests):
    _, run = two_tests
    done = run("--junit")
    assert done.returncode == 1
    root = ElementTree.fromstring(done.stdout)
    assert (root.get("tests"), root.get("failures")) == ("2", "1")
    assert [case.get("name") for case in root.iter("testcase")] == ["good one", 'bad <"one">']
    assert len(list(root.iter("failure"))) == 1


@pytest.mark.parametrize(("filter_text", "names"), [("good", ["good one"]), ("one", ["good one", 'bad <"one">']),
                                                    ("bad*", ['bad <"one">']), ("*d one", ["good one"])])
def test_filters_and_lists(two_tests, filter_text, names):
    _, run = two_tests
    assert run("--list", "--filter", filter_text).stdout.splitlines() == names


def test_a_filter_that_fits_nothing_is_a_mistake(two_tests):
    _, run = two_tests
    done = run("--filter", "nothing")
    assert done.returncode == 2
    assert "no test fits --filter 'nothing'" in done.stderr


def test_log_lines_go_where_they_shall(run_test, tmp_path):
    run_test(ADDS_A_HEADER, REQUEST, "--logfile", "module.log")
    run_test(ADDS_A_HEADER, REQUEST, env="  log_path: module.log\n")
    assert (tmp_path / "module.log").read_text().splitlines().count("[info] seen") == 2
    done = run_test(ADDS_A_HEADER, REQUEST, "--json", env="  log_path: /dev/stdout\n")
    assert json.loads(done.stdout)["passed"] == 1


def test_a_log_that_cannot_be_written_is_no_success(run_test):
    script = 'request_headers:\n  proxy_log(INFO, "line")'
    done = run_test(script, REQUEST, "--logfile", "/dev/full")
    assert done.returncode == 1
    assert "proxywasm test: the log could not be written: " in done.stderr


def test_a_configuration_that_is_not_there_is_a_mistake(proxywasm, write, module):
    suite = write("suite.yaml", "test:\n- name: a\n")
    done = proxywasm("test", "--config", "nowhere", suite, module("conformance/caller"))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("proxywasm test: --config nowhere: cannot be read: No such file or directory\n")
    suite = write("suite.yaml", "env: {config_path: nowhere}\ntest:\n- name: a\n")
    done = proxywasm("test", suite, module("conformance/caller"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "key 'env.config_path': " in done.stderr and "nowhere: cannot be read" in done.stderr


def test_configuration_files(proxywasm, write, module):
    write("script.txt", ADDS_A_HEADER)
    test = "test:\n- name: tried\n  request_headers: {result: {has_header: [{key: x-seen, value: 'yes'}]}}\n"
    by_suite = write("suite.yaml", "env: {config_path: script.txt}\n" + test)
    passes(proxywasm("test", by_suite, module("conformance/caller")))
    plain = write("plain.yaml", test)
    passes(proxywasm("test", "--config", "script.txt", plain, module("conformance/caller")))
    assert proxywasm("test", plain, module("conformance/caller")).returncode == 1


def test_the_module_may_be_named_in_the_suite(proxywasm, write, module):
    suite = write("suite.yaml", f"env: {{wasm_path: {module('examples/c/headers')}}}\ntest: [{{name: tried}}]\n")
    passes(proxywasm("test", suite))


# -------------------------------------------------------------------------------------------------- suites that are wrong

@pytest.mark.parametrize(("text", "message"), [
    ("", "suite.yaml:1:1: there is nothing in the file"),
    ("tests: []\n", "suite.yaml:1:1: key 'tests': unknown key; did you mean 'test'?"),
    ("test:\n- nmae: a\n", "suite.yaml:2:3: key 'test[1].nmae': unknown key; did you mean 'name'?"),
    ("test: [{request_headers: {result: {log: [{}]}}}]\n",
     "suite.yaml:1:42: key 'test[1].request_headers.result.log[1]': one of 'exact', 'regex' and 'file' is expected in it"),
    ("test: [{request_headers: {result: {log: [{regex: '[asd'}]}}}]\n",
     "suite.yaml:1:42: key 'test[1].request_headers.result.log[1]': is no regular expression: missing terminating ] for "
     "character class, at byte 5"),
    ("test: [{steps: [{stream: a}]}]\n", "suite.yaml:1:17: key 'test[1].steps[1]': a step has one key that says what "
                                         "happens, not 0"),
    ("test: [{steps: [{end: {}, wait: {}}]}]\n", "suite.yaml:1:17: key 'test[1].steps[1]': a step has one key that says "
                                                 "what happens, not 2"),
    ("test: [{steps: [], request_headers: {}}]\n", "suite.yaml:1:8: key 'test[1]': has both 'steps' and invocations (or "
                                                   "a chunking plan) beside them"),
    ("test: [{num_chunks: 2, request_body: [{}, {}]}]\n",
     "suite.yaml:1:8: key 'test[1]': has several bodies of one direction and a chunking plan as well"),
    ("test: [{num_chunks: 0}]\n", "suite.yaml:1:21: key 'test[1].num_chunks': '0' is out of range; the least is 1, the "
                                  "most 18446744073709551615"),
    ("env: {log_level: LOUD}\n", "suite.yaml:1:18: key 'env.log_level': 'LOUD' is none of TRACE, DEBUG, INFO, WARN, "
                                 "ERROR, CRITICAL, UNDEFINED"),
    ("test: [{properties: [{path: a, value: b, type: int}]}]\n",
     "suite.yaml:1:22: key 'test[1].properties[1]': its value is no number of its type"),
    ("test: [{request_headers: {result: {has_header: [{value: a}]}}}]\n",
     "suite.yaml:1:49: key 'test[1].request_headers.result.has_header[1].key': is missing"),
])
def test_mistakes_in_suites(proxywasm, write, text, message):
    write("suite.yaml", text)
    done = proxywasm("test", "suite.yaml", "module.wasm")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"proxywasm test: configuration: {message}\n"


def test_a_suite_without_tests_or_module(proxywasm, write):
    write("suite.yaml", "test: []\n")
    assert "suite.yaml has no tests" in proxywasm("test", "suite.yaml").stderr
    write("suite.yaml", "test:\n- name: a\n")
    done = proxywasm("test", "suite.yaml")
    assert done.returncode == 2
    assert "suite.yaml:2: test 'a' has no module" in done.stderr


def test_a_module_that_cannot_be_loaded_fails_its_tests(two_tests, proxywasm, module):
    suite, _ = two_tests
    done = proxywasm("test", suite, module("traffic_server/missing_import"))
    assert done.returncode == 1
    assert "plugin_init: link: " in done.stdout
    assert done.stdout.endswith("0 passed, 2 failed\n")


def test_the_reference_names_every_key(proxywasm):
    page = (ROOT / "docs" / "reference" / "scenarios.md").read_text()
    for line in proxywasm("help", "scenarios").stdout.splitlines()[2:]:
        path = line.split("`")[1]
        name = path.split(".")[-1].removesuffix("[]")
        if ".plugin." not in path:
            assert re.search(rf"\b{name}\b", page), f"{path} is not in docs/reference/scenarios.md"
