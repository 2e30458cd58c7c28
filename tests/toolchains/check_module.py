#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Inspects a module with proxywasm and lets it meet one transaction; says what is not as expected.

Options before "--" are what is expected; those after it are given to `proxywasm run`.
"""

import argparse
import json
import subprocess
import sys


def call(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120, check=False)


def check_inspect(expected):
    result = call(expected.proxywasm, "inspect", expected.module)
    if result.returncode != 0:
        yield f"inspect exits with {result.returncode}:\n{result.stdout}{result.stderr}"
    elif expected.abi not in result.stdout:
        yield f"inspect does not name the ABI version {expected.abi}:\n{result.stdout}"


def values(message, name):
    return [value for key, value in message["headers"] if key.lower() == name.lower()] if message else []


def check_headers(direction, report, wanted):
    for header in wanted:
        name, _, value = header.partition(": ")
        got = values(report[direction]["sent"], name)
        if got != [value]:
            yield f"the {direction} that was sent has {name}: {got}, not [{value!r}]"


def check_reply(report, wanted):
    reply = report["local_reply"]
    got = reply["status"] if reply else None
    if got != wanted:
        yield f"the local reply has status {got}, not {wanted}"


def check_log(report, wanted):
    lines = [f'{line["level"]}: {line["text"]}' for line in report["log"]]
    for line in wanted:
        if line not in lines:
            yield f"the log has no line {line!r}; it has {lines}"


def check_metrics(report, wanted):
    metrics = {metric["name"]: metric.get("value") for metric in report["metrics"]}
    for metric in wanted:
        name, _, value = metric.partition("=")
        if metrics.get(name) != int(value):
            yield f"metric {name} is {metrics.get(name)}, not {value}"


def check_run(expected):
    result = call(expected.proxywasm, "run", "--json", "--engine", expected.engine, *expected.run, expected.module)
    if result.returncode != 0:
        yield f"run exits with {result.returncode}:\n{result.stdout}{result.stderr}"
        return
    report = json.loads(result.stdout)
    plugin = report["plugins"][0]
    if plugin["abi"] != expected.abi:
        yield f'the ABI version is {plugin["abi"]}, not {expected.abi}'
    if plugin["error"] or report["trapped"]:
        yield f'the module did not run to its end: {plugin["error"]}, trapped: {report["trapped"]}'
    yield from check_headers("request", report, expected.request)
    yield from check_headers("response", report, expected.response)
    yield from check_reply(report, expected.reply)
    yield from check_log(report, expected.log)
    yield from check_metrics(report, expected.metric)


def read_arguments(arguments):
    separator = arguments.index("--") if "--" in arguments else len(arguments)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("proxywasm", help="the command line")
    parser.add_argument("module", help="a wasm file")
    parser.add_argument("--engine", required=True, help="the engine to run it on")
    parser.add_argument("--abi", default="0.2.1", help="its ABI version")
    parser.add_argument("--request", action="append", default=[], metavar="NAME: VALUE", help="sent to the upstream")
    parser.add_argument("--response", action="append", default=[], metavar="NAME: VALUE", help="sent to the client")
    parser.add_argument("--reply", type=int, help="status of the local reply")
    parser.add_argument("--log", action="append", default=[], metavar="LEVEL: TEXT", help="a line of the log")
    parser.add_argument("--metric", action="append", default=[], metavar="NAME=VALUE", help="a counter or a gauge")
    expected = parser.parse_args(arguments[:separator])
    expected.run = arguments[separator + 1:]
    return expected


def main():
    expected = read_arguments(sys.argv[1:])
    faults = [*check_inspect(expected), *check_run(expected)]
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
