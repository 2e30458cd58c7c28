# SPDX-License-Identifier: Apache-2.0
"""Engines side by side in one server: chains with a plugin on each, and traps that stay where they happen."""

import itertools
import threading
import time

import pytest

from harness import build
from harness.configuration import remap_plugin, scripted as scripted_configuration
from harness.scripted import Scripted, Seen
from harness.server import remap_rule

ENGINES = ("wasmtime", "wamr", "v8", "wasmedge", "wasm2c")
TRAPS = ("unreachable", "memory", "division", "stack", "loop")
# What never ends by itself, and what the log says of its end.
ENDLESS = {"loop": "it took too long", "stack": "call stack exhausted", "growth": "it took too long"}
AT_ONCE = 9


def on(engine, name, **keys):
    """A plugin on an engine that leaves its name in both directions."""
    lines = [f"request: add request x-order {name}", f"response: add response x-order {name}"]
    return scripted_configuration(name, lines=lines, vm={"runtime": f"ats.wasm.runtime.{engine}"}, **keys)


def order(headers):
    return ",".join(headers.all("x-order")).replace(" ", "")


@pytest.fixture(scope="module")
def engines(start_shared_server, origin):
    """mixed.test: a chain with each engine twice. NAME.test: one plugin alone, open and short of time: one for each
    engine, one for each engine and trap, and some for each engine to trap at once."""
    names = [f"{engine}{number}" for number in (1, 2) for engine in ENGINES]
    files = {f"{name}.yaml": on(name[:-1], name) for name in names}
    alone = {engine: engine for engine in ENGINES}
    alone |= {f"{engine}-{kind}": engine for engine in ENGINES
              for kind in (*TRAPS, *(f"endless-{kind}" for kind in ENDLESS), *map(str, range(AT_ONCE)))}
    files |= {f"{name}.yaml": on(engine, name, fail_open=True, limits={"callback": "50ms", "memory": "8MiB"})
              for name, engine in alone.items()}
    rules = [remap_rule("mixed.test", origin.port, remap_plugin(*(f"{name}.yaml" for name in names)))]
    rules += [remap_rule(f"{name}.test", origin.port, remap_plugin(f"{name}.yaml")) for name in alone]
    server = start_shared_server(remap=rules, files=files, threads=3)
    server.chain = names
    return server


def test_a_chain_has_plugins_on_each_engine(engines):
    for _ in range(20):
        response = engines.get("/", "mixed.test")
        assert order(Seen(response).headers) == ",".join(engines.chain)
        assert order(response.headers) == ",".join(reversed(engines.chain))


def test_engines_answer_alike(engines):
    script = ("add request x-a 1;add request x-a 2;get request x-a;remove request x-a;get request x-a;arguments;"
              "property request.path;property nothing.here;set_property mine 1;property mine;all request")
    headers = [("x-b", "\x80\xff"), ("x-empty", "")]
    answers = [Scripted(engines, f"{engine}.test").ask("/same", headers=headers, name=engine, request=script)
               for engine in ENGINES]
    notes = [[note for note in answer.headers.all(f"{engine}-note") if engine not in note]
             for engine, answer in zip(ENGINES, answers)]
    assert len(notes[0]) > 8
    assert all(other == notes[0] for other in notes[1:])


@pytest.mark.parametrize("kind", TRAPS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_trap_on_one_engine_does_not_touch_the_others(engines, engine, kind):
    name = f"{engine}-{kind}"
    assert Scripted(engines, f"{name}.test").ask(name=name, request=f"trap {kind}").status == 200
    engines.wait_for_log(rf"{name}: the module trapped in proxy_on_request_headers")
    response = engines.get("/", "mixed.test")
    assert order(Seen(response).headers) == ",".join(engines.chain)


def test_traps_on_all_engines_and_threads_at_once(engines):
    """Wasmtime traps by signal, others do not: none takes another one's for its own. Each plugin has a VM on each of
    the server's threads, and gets a new one at once after its first trap."""
    failures = []
    names = [f"{engine}-{number}" for number in range(AT_ONCE) for engine in ENGINES]

    def trap(own_names):
        for name, kind in itertools.product(own_names, TRAPS):
            response = Scripted(engines, f"{name}.test").ask(name=name, request=f"trap {kind}")
            if response.status != 200:
                failures.append((name, kind, response.status))

    threads = [threading.Thread(target=trap, args=(names[number::6],)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    log = engines.log()
    for name in names:
        assert f"{name}: the module trapped in proxy_on_request_headers" in log
    response = engines.get("/", "mixed.test")
    assert order(Seen(response).headers) == ",".join(engines.chain)


@pytest.mark.parametrize("kind", ENDLESS)
@pytest.mark.parametrize("engine", ENGINES)
def test_what_never_ends_is_ended_within_the_limits(engines, engine, kind):
    """Loops, recursion and growing memory without end: neither time nor memory goes beyond what is configured."""
    name = f"{engine}-endless-{kind}"
    before = engines.memory_kilobytes()
    begin = time.monotonic()
    assert Scripted(engines, f"{name}.test").ask(name=name, request=f"trap {kind}").status == 200
    assert time.monotonic() - begin < 5
    engines.wait_for_log(rf"{name}: the module trapped in proxy_on_request_headers: {ENDLESS[kind]}")
    if not build.sanitized():
        assert engines.memory_kilobytes() - before < 50 * 1024
    # The server lives on, with all engines.
    response = engines.get("/", "mixed.test")
    assert order(Seen(response).headers) == ",".join(engines.chain)


@pytest.mark.parametrize("missing", ENGINES)
def test_without_an_engine_the_others_work(start_server, origin, tmp_path, missing):
    for engine in ENGINES:
        if engine != missing:
            (tmp_path / f"proxywasm_engine_{engine}.so").symlink_to(build.artifact(f"proxywasm_engine_{engine}.so"))
    server = start_server(
        remap=[remap_rule(f"{engine}.test", origin.port, remap_plugin(f"{engine}.yaml")) for engine in ENGINES],
        files={f"{engine}.yaml": on(engine, engine, fail_open=False) for engine in ENGINES},
        environment={"PROXYWASM_ENGINE_PATH": str(tmp_path)})
    for engine in ENGINES:
        response = server.get("/", f"{engine}.test")
        assert response.status == (503 if engine == missing else 200)
        assert order(response.headers) == ("" if engine == missing else engine)
    server.wait_for_log(rf"engine '{missing}' is not installed: there is no proxywasm_engine_{missing}\.so in "
                        rf"{tmp_path}[^\n]*; install it")
