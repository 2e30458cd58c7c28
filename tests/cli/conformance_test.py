# SPDX-License-Identifier: Apache-2.0
"""`proxywasm conformance`, as a real process: above all, that it fails when it has to. The suite itself is run
elsewhere."""

from cli import CliTest, main

SUITE = """
covers: [{covers}]
env:
  wasm_path: filter.wasm
test:
- name: headers come
  plugin: {{configuration: text}}
  request_headers:
    input: {{content: "GET / HTTP/1.1\\nHost: h.test\\n"}}
    result: {{has_header: [{{key: x-added, value: "{value}"}}]}}
"""


class Conformance(CliTest):
    """Suites made for the purpose, in the test's directory."""

    def setUp(self):
        super().setUp()
        self.module("filter")

    def suite(self, covers, value="yes", name="one.yaml"):
        return self.file(name, SUITE.format(covers=covers, value=value))

    def results(self, code=1):
        done = self.run_program("conformance", "--suite", self.directory, "--json", code=code).json
        return done, {function["name"]: function["result"] for function in done["functions"]}

    def test_what_is_covered_and_called_has_passed(self):
        self.suite("proxy_log, proxy_on_request_headers")
        _, results = self.results()
        self.assertEqual((results["proxy_log"], results["proxy_on_request_headers"]), ("passed", "passed"))

    def test_a_function_without_a_scenario_is_a_gap(self):
        self.suite("proxy_log")
        done, results = self.results()
        self.assertEqual(results["proxy_on_tick"], "no scenario")
        self.assertEqual(results["proxy_get_header_map_value"], "no scenario")
        self.assertEqual(done["failed"], sum(result != "passed" for result in results.values()))

    def test_a_function_that_is_never_called_is_a_gap(self):
        self.suite("proxy_http_call, proxy_on_tick")
        _, results = self.results()
        self.assertEqual((results["proxy_http_call"], results["proxy_on_tick"]), ("never called", "never called"))

    def test_a_call_in_another_suite_does_not_count(self):
        self.suite("proxy_log")
        self.file("two.yaml", "covers: [proxy_on_tick]\ntest: []\n")
        _, results = self.results()
        self.assertEqual(results["proxy_on_tick"], "never called")

    def test_a_failed_scenario_fails_what_it_covers(self):
        self.suite("proxy_log", value="no")
        done, results = self.results()
        self.assertEqual(results["proxy_log"], "failed")
        self.assertEqual(done["failures"][0]["test"], "headers come")

    def test_a_name_that_the_abi_has_not_is_a_failure(self):
        self.suite("proxy_log, proxy_lug")
        done, _ = self.results()
        self.assertIn("'proxy_lug'", done["failures"][0]["text"])

    def test_a_suite_that_cannot_be_read_is_a_failure(self):
        self.file("broken.yaml", "covers: [proxy_log\n")
        done, _ = self.results()
        self.assertIn("broken.yaml:", done["failures"][0]["text"])
        self.assertIsNone(done["failures"][0]["test"])

    def test_suites_are_found_in_folders(self):
        (self.directory / "folder").mkdir()
        self.file("folder/one.yaml", SUITE.format(covers="proxy_log", value="yes")
                  .replace("filter.wasm", "../filter.wasm"))
        _, results = self.results()
        self.assertEqual(results["proxy_log"], "passed")

    def test_the_table_has_each_function_and_ends_with_the_sum(self):
        self.suite("proxy_log")
        done = self.run_program("conformance", "--suite", self.directory, code=1)
        self.assertRegex(done.out, r"(?m)^proxy_log +0\.1\.0 0\.2\.0 0\.2\.1 +1  passed$")
        self.assertRegex(done.out, r"(?m)^proxy_get_configuration +0\.1\.0 +0  no scenario$")
        self.assertRegex(done.out, r"\n1 passed, \d+ failed\n$")

    def test_all_engines_stand_side_by_side(self):
        self.suite("proxy_log")
        done = self.run_program("conformance", "--suite", self.directory, "--engine", "all", code=1)
        self.assertRegex(done.out, r"(?m)^env +wasmtime +wamr +v8 +wasmedge +wasm2c$")
        self.assertRegex(done.out, r"(?m)^proxy_log +passed +passed +passed +passed +passed$")
        self.assertRegex(done.out, r"(?m)^proxy_on_tick( +no scenario){5}$")
        for engine in ("wasmtime", "wamr", "v8", "wasmedge", "wasm2c"):
            self.assertRegex(done.out, rf"(?m)^engine {engine} \S+: 1 passed, \d+ failed$")
        self.assertRegex(done.out, r"\n5 passed, \d+ failed\n$")

    def test_all_engines_are_in_one_document(self):
        self.suite("proxy_log")
        done = self.run_program("conformance", "--suite", self.directory, "--engine", "all", "--json", code=1).json
        self.assertEqual([run["engine"] for run in done["engines"]], ["wasmtime", "wamr", "v8", "wasmedge", "wasm2c"])
        self.assertEqual((done["passed"], done["failed"]), (5, sum(run["failed"] for run in done["engines"])))

    def test_there_have_to_be_suites_and_an_engine(self):
        self.assertIn("no suite", self.run_program("conformance", "--suite", self.directory, code=2).err)
        self.assertIn("none", self.run_program("conformance", "--suite", "none", code=2).err)
        self.assertIn("nonsense", self.run_program("conformance", "--engine", "nonsense", code=2).err)

    def test_the_suites_can_be_named_in_the_environment(self):
        self.suite("proxy_log")
        done = self.run_program("conformance", code=1, environment={"PROXYWASM_CONFORMANCE": str(self.directory)})
        self.assertRegex(done.out, r"\n1 passed, \d+ failed\n$")


if __name__ == "__main__":
    main()
