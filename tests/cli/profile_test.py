# SPDX-License-Identifier: Apache-2.0
"""`proxywasm run --profile-…` and `--timeline`, as a real process."""

import json
import unittest
import xml.etree.ElementTree
from pathlib import Path

from cli import CliTest, main

SVG = "{http://www.w3.org/2000/svg}"


class Profile(CliTest):
    """With a module whose time goes where its configuration says."""

    def folded(self, configuration, *arguments, seconds="0.5"):
        """The stacks, as lists of names, with the number of their samples. On a machine that has no time for us they are
        too few to say anything: then it takes longer."""
        for longer in (seconds, "3", "10"):
            self.run_program("run", self.module("busy"), "--configuration", configuration, "--quiet", "--profile-folded",
                             "stacks", "--profile-seconds", longer, *arguments)
            stacks = []
            for line in (self.directory / "stacks").read_text().splitlines():
                names, count = line.rsplit(" ", 1)
                stacks.append((names.split(";"), int(count)))
            if sum(count for _, count in stacks) >= 200:
                return stacks
        self.fail(f"too few samples: {stacks}")
        return None

    @staticmethod
    def share(stacks, wanted):
        """The part of the samples whose stack `wanted` accepts."""
        return sum(count for names, count in stacks if wanted(names)) / sum(count for _, count in stacks)

    def engines(self):
        """Those that make machine code."""
        usable = [engine["name"] for engine in self.run_program("engines", "--json").json if engine["usable"]]
        return [engine for engine in usable if engine in ("wasmtime", "v8", "wasm2c")]

    def test_functions_are_seen_in_proportion_to_their_time(self):
        for engine in self.engines():
            with self.subTest(engine):
                stacks = self.folded("h", "--engine", engine, seconds="1")
                hot = self.share(stacks, lambda names: names[-1] == "hot")
                cold = self.share(stacks, lambda names: names[-1] == "cold")
                # Three rounds to one. Where they are inlined, their caller has it all.
                if hot + cold > 0.3:
                    self.assertGreater(hot / cold, 2, stacks)
                    self.assertLess(hot / cold, 4.5, stacks)
                else:
                    self.assertEqual(engine, "v8")

    def test_stacks_go_from_the_callback_to_where_it_was(self):
        for engine in self.engines():
            with self.subTest(engine):
                stacks = self.folded("a", "--engine", engine)
                whole = ["proxy_on_request_headers", "request", "asks", "proxy_get_header_map_value_[h]", "allocate"]
                right = self.share(stacks, lambda names: names[0] == "proxy_on_context_create"
                                   or names == whole[:len(names)])
                self.assertGreater(right, 0.97, stacks)
                self.assertGreater(self.share(stacks, lambda names: len(names) > 3), 0.3)

    def test_what_the_module_allocates_for_a_hostcall_stands_under_it(self):
        for engine in self.engines():
            with self.subTest(engine):
                stacks = self.folded("m", "--engine", engine)
                allocating = [(names, count) for names, count in stacks if "allocate" in names]
                under = self.share(allocating, lambda names: names[2:4] == ["asks", "proxy_get_header_map_value_[h]"])
                self.assertGreater(under, 0.8, stacks)
                self.assertGreater(self.share(stacks, lambda names: "allocate" in names), 0.3, stacks)

    def test_deep_recursion_is_cut_but_not_lost(self):
        for engine in self.engines():
            with self.subTest(engine):
                stacks = self.folded("d", "--engine", engine)
                deep = [names for names, _ in stacks if "deep" in names]
                self.assertTrue(deep)
                for names in deep:
                    self.assertEqual(names[0], "proxy_on_request_headers")

    def test_the_table_counts_a_recursive_function_once(self):
        done = self.run_program("run", self.module("busy"), "--configuration", "d", "--quiet", "--profile-text", "-",
                                "--profile-seconds", "1")
        row = next(line for line in done.out.splitlines() if line.endswith("  deep")).split()
        self.assertLessEqual(float(row[1].rstrip("%")), 100.0)

    def test_the_table_follows_the_usual_output(self):
        done = self.run_program("run", self.module("busy"), "--configuration", "h", "--profile-text", "-",
                                "--profile-seconds", "1")
        self.assertLess(done.out.index("Response, as the client gets it"), done.out.index("Profile of "))
        self.assertIn("in functions of the module", done.out)
        self.assertRegex(done.out, r" \d+\.\d%  +\d+\.\d%  hot\n")

    def test_a_flame_graph_is_an_svg_with_titles(self):
        self.run_program("run", self.module("busy"), "--configuration", "h", "--name", "<plugin> & co", "--quiet",
                         "--profile-svg", "flames.svg", "--profile-seconds", "1")
        root = xml.etree.ElementTree.parse(self.directory / "flames.svg").getroot()
        self.assertEqual(root.tag, SVG + "svg")
        titles = [title.text for title in root.iter(SVG + "title")]
        self.assertTrue(titles[0].startswith("<plugin> & co\n"), titles)
        self.assertTrue(any(title.startswith("hot\n") and "%" in title for title in titles), titles)
        for frame in root.iter(SVG + "g"):
            rectangle = frame.find(SVG + "rect")
            end = float(rectangle.get("x")) + float(rectangle.get("width"))
            self.assertLessEqual(end, 1200)
            self.assertGreaterEqual(float(rectangle.get("y")), 60)

    def test_nothing_is_left_in_the_folder_of_maps(self):
        before = set(Path("/tmp").glob("perf-*.map"))
        done = self.run_program("run", self.module("busy"), "--configuration", "h", "--quiet", "--profile-folded", "f",
                                "--profile-seconds", "0.1")
        self.assertEqual(done.err, "")
        mine = [path for path in set(Path("/tmp").glob("perf-*.map")) - before
                if "proxy_on_request_headers" in path.read_text(errors="replace") and "asks" in path.read_text()]
        self.assertEqual(mine, [])

    def test_an_engine_without_machine_code_names_those_that_have_it(self):
        done = self.run_program("run", self.module("busy"), "--engine", "wamr", "--quiet", "--profile-text", "-", code=1)
        self.assertIn("engine 'wamr' does not say where the machine code of the module's functions is, or has none: "
                      "give --engine wasmtime, v8 or wasm2c for a profile", done.err)

    def test_there_is_no_profile_of_a_module_that_traps(self):
        module = self.module("busy")
        done = self.run_program("run", module, "--configuration", "t", "--quiet", "--profile-text", "-", code=1)
        self.assertIn("proxywasm run: trap: stream 50: the module trapped in proxy_on_request_headers", done.err)
        done = self.run_program("run", self.module("broken"), "--configuration", "r", "--profile-text", "-", code=1)
        self.assertIn("there is no profile of a module that does not start, or traps", done.err)
        done = self.run_program("run", module, "--configuration", "p", "--quiet", "--profile-text", "-", code=1)
        self.assertIn("still paused", done.err)

    def test_mistakes_in_the_command_line_are_told(self):
        module = self.module("busy")
        for arguments, message in (
                (("--profile-text", "-", "--json"), "only one of --json, --profile-"),
                (("--profile-text", "-", "--timeline", "-"), "only one of --json, --profile-"),
                (("--profile-seconds", "1"), "--profile-seconds: give --profile-text"),
                (("--profile-text", "-", "--profile-seconds", "x"), "--profile-seconds x: give a number of seconds")):
            done = self.run_program("run", module, *arguments, code=2)
            self.assertEqual(done.out, "")
            self.assertIn(message, done.err)
        for option in ("--profile-text", "--timeline"):
            done = self.run_program("run", module, option, "no/such/folder", "--quiet", code=1)
            self.assertIn("no/such/folder: it cannot be written", done.err)


class Timeline(CliTest):
    """In the Trace Event format."""

    def events(self, *arguments):
        self.run_program("run", self.module("busy"), "--quiet", "--configuration", "a", "--timeline", "line", *arguments)
        document = json.loads((self.directory / "line").read_text())
        self.assertEqual(set(document), {"displayTimeUnit", "traceEvents"})
        return document["traceEvents"]

    def test_callbacks_lie_in_streams_and_hostcalls_in_callbacks(self):
        spans = [event for event in self.events() if event["ph"] == "X"]
        by_kind = {kind: [span for span in spans if span["cat"] == kind] for kind in ("stream", "callback", "hostcall")}
        self.assertEqual(len(by_kind["stream"]), 25)
        self.assertEqual([span["name"] for span in by_kind["stream"][:2]], ["stream 1", "stream 2"])
        requests = [span for span in by_kind["callback"] if span["name"] == "proxy_on_request_headers"]
        self.assertEqual(len(requests), 25)

        def lies_in(inner, outer):
            return (outer["ts"] - 0.002 <= inner["ts"]
                    and inner["ts"] + inner["dur"] <= outer["ts"] + outer["dur"] + 0.002)

        for request, stream in zip(requests, by_kind["stream"]):
            self.assertTrue(lies_in(request, stream), (request, stream))
            inner = [span for span in by_kind["hostcall"] if lies_in(span, request)]
            self.assertEqual([span["name"] for span in inner], ["proxy_get_header_map_value"] * 20)
            self.assertEqual({span["args"]["status"] for span in inner}, {"OK"})
        starts = [span["ts"] for span in spans]
        self.assertEqual(starts, sorted(starts))

    def test_the_start_is_in_it_and_tracks_have_names(self):
        events = self.events("--name", "mine")
        names = {event["args"]["name"] for event in events if event["ph"] == "M"}
        self.assertIn("mine", names)
        self.assertIn("streams", names)
        self.assertIn("proxy_on_configure", [event["name"] for event in events])


if __name__ == "__main__":
    main()
