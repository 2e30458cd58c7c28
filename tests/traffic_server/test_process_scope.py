# SPDX-License-Identifier: Apache-2.0
"""One VM for all threads: ticks on a task thread resume streams of event threads that want into the same VM."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.configuration import remap_plugin, scripted as scripted_configuration
from harness.scripted import Scripted
from harness.server import remap_rule

CLIENTS = 16
REQUESTS = 25


@pytest.fixture(scope="module")
def process(start_shared_server, origin):
    return Scripted(start_shared_server(
        remap=[remap_rule("process.test", origin.port, remap_plugin("process.yaml"))],
        files={"process.yaml": scripted_configuration("do", vm_scope="process")}, threads=2), "process.test")


def test_ticks_and_event_threads_do_not_wait_for_each_other(process):
    process.ask("/cached?cache=60")

    def ask_often(_):
        with process.server.connect() as connection:
            return [process.ask("/cached?cache=60", connection=connection, response="pause 1").status
                    for _ in range(REQUESTS)]

    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = [status for result in clients.map(ask_often, range(CLIENTS)) for status in result]
    assert statuses == [200] * CLIENTS * REQUESTS
