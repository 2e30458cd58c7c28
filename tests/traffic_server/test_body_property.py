# SPDX-License-Identifier: Apache-2.0
"""Random bodies, cut at random places on their way, give what whole ones give; and what `proxywasm run` gives."""

import base64
import json
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings, strategies

from harness import build
from harness.bodies import Bodies, Client, filtered, server_options, text
from harness.build import sanitized
from harness.content import difference
from harness.scripted import unique_path
from harness.upload import Upload

pytestmark = pytest.mark.plugin_only

EXAMPLES = 60 if sanitized() else 300
SETTINGS = settings(deadline=None, max_examples=EXAMPLES, database=None, print_blob=True,
                    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow,
                                           HealthCheck.data_too_large])


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    filters = {"do": {}, "second": {}}
    return Bodies(start_shared_server(**server_options(origin, filters, {"do": ["do"], "chain": ["do", "second"]},
                                                       certificates=certificates)), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies, origin):
    before = len(origin.violations)
    yield
    assert not bodies.complaints()
    assert not origin.violations[before:]


# Any byte, but runs of few different ones as well, which compress what would be thousands of examples into a few.
BYTES = strategies.one_of(strategies.binary(max_size=300),
                          strategies.builds(lambda unit, count: unit * count,
                                            strategies.binary(min_size=1, max_size=60), strategies.integers(0, 600)))
# A header's value has no control characters, and upper would change lower-case letters of a text that came before it.
TEXTS = strategies.binary(min_size=1, max_size=40).map(lambda data: data.upper().replace(b"\0", b"0"))
PLACES = strategies.one_of(strategies.integers(0, 400), strategies.integers(0, 40000), strategies.just("max"))
WHOLE = strategies.one_of(
    TEXTS.map(lambda data: "replace=" + text(data)), strategies.just("empty"),
    TEXTS.map(lambda data: "fill=" + text(data)),
    strategies.builds(lambda start, size, new: f"splice={start},{size},{text(new)}", PLACES, PLACES, TEXTS))
PIECEWISE = strategies.one_of(strategies.just("upper"), strategies.just("look"),
                              TEXTS.map(lambda data: "append=" + text(data)),
                              TEXTS.map(lambda data: "prepend=" + text(data)), strategies.just("pause=1"))
SCRIPTS = strategies.one_of(
    strategies.lists(PIECEWISE, max_size=4).map(" ".join),
    strategies.lists(strategies.one_of(WHOLE, PIECEWISE), max_size=5).map(lambda words: " ".join(["hold", *words])))
CUTS = strategies.lists(strategies.integers(1, 20000), max_size=6)
SIZES = strategies.lists(strategies.integers(1, 5000), max_size=6)


def unique_words(script):
    """The script without words that stand twice (but splice): the module takes the first."""
    seen = set()
    words = []
    for part in script.split():
        name = part.partition("=")[0]
        if name == "splice" or name not in seen:
            words.append(part)
        seen.add(name)
    return " ".join(words)


def is_shown(upload):
    return upload.content.size > 0 or upload.framing != "length"


def echo(client, upload, request, response, answer_framing, pieces, **options):
    """What the origin got and what the client got of a body that the origin sends back."""
    path = unique_path()
    answer = client.ask(f"answer=echo&framing={answer_framing}&pieces={pieces}", upload, request=request,
                           response=response, path=path, **options)
    assert answer.status == 200
    seen, = client.bodies.origin.wait_for(path)
    assert seen.complete
    return seen.body, answer.body


@pytest.fixture(params=["http1", "http2"])
def client(bodies, request):
    with Client(bodies, request.param) as made:
        yield made


@SETTINGS
@given(body=BYTES, chunked=strategies.booleans(), sizes=SIZES, cuts=CUTS, request=SCRIPTS, response=SCRIPTS,
       answer_framing=strategies.sampled_from(["length", "chunked", "close"]), pieces=strategies.integers(0, 1000))
def test_pieces_give_what_the_whole_gives(client, body, chunked, sizes, cuts, request, response, answer_framing,
                                          pieces):
    request, response = unique_words(request), unique_words(response)
    http2 = client.protocol == "http2"
    upload = Upload(body, {False: "length", True: "none" if http2 else "chunked"}[chunked], sizes or None,
                    None if http2 else cuts)
    expected_request = filtered(request if is_shown(upload) else "", body)
    alone = expected_request.size == 0 and answer_framing == "length"
    expected_response = filtered("" if alone else response, expected_request)
    sent, received = echo(client, upload, request, response, answer_framing, pieces)
    assert difference(sent, expected_request) is None
    assert difference(received, expected_response) is None


@SETTINGS
@given(body=BYTES, sizes=SIZES, cuts=CUTS, scripts=strategies.lists(SCRIPTS, min_size=4, max_size=4),
       pieces=strategies.integers(0, 1000))
def test_pieces_through_a_chain_give_what_the_whole_gives(bodies, body, sizes, cuts, scripts, pieces):
    first, second, first_back, second_back = map(unique_words, scripts)
    client = Client(bodies)
    expected_request = filtered(second, filtered(first, body))
    expected_response = filtered(first_back, filtered(second_back, expected_request))
    sent, received = echo(client, Upload(body, "chunked", sizes or None, cuts), first, first_back, "chunked", pieces,
                          host="chain", name="do", headers=[("second-request-body", second),
                                                            ("second-response-body", second_back)])
    client.leave()
    assert difference(sent, expected_request) is None
    assert difference(received, expected_response) is None


def simulated(body, request, response, chunk_size):
    """What the upstream and the client get in the simulated proxy, which answers with a body of its own."""
    command = [str(build.artifact("proxywasm")), "run", str(build.module("traffic_server/bodies")),
               "--configuration", "do", "--json", "--full",
               "-H", f"do-request-body: {request}", "-H", f"do-response-body: {response}", "--body", body,
               "--response-body", body, "--chunk-size", str(chunk_size)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


ASCII = strategies.text(strategies.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=200).filter(
    lambda value: not value.startswith("@"))


@settings(SETTINGS, max_examples=30)
@given(body=ASCII, request=SCRIPTS, response=SCRIPTS, chunk_size=strategies.integers(1, 100))
def test_simulator_gives_the_same(bodies, body, request, response, chunk_size):
    request, response = unique_words(request), unique_words(response)
    report = simulated(body, request, response, chunk_size)
    path = unique_path()
    answer = bodies.ask("body=" + text(body), body.encode(), request=request, response=response, path=path)
    seen, = bodies.origin.wait_for(path)
    assert seen.body == sent_of(report, "request") == bytes(filtered(request, body.encode()))
    assert answer.body == sent_of(report, "response") == bytes(filtered(response, body.encode()))


def sent_of(report, direction):
    """The bytes of a body in the JSON report: text, or base64 for what is none."""
    body = report[direction]["sent"]["body"]
    return body.encode() if isinstance(body, str) else base64.b64decode(body["base64"])
