# SPDX-License-Identifier: Apache-2.0
"""Everything with everything: protocol and framing of the client, framing of the origin, when it answers, the filter of
each direction, sizes. Every byte and every header is compared with what is expected, on connections that are kept."""

import itertools
import random

import pytest

from harness.bodies import Bodies, Client, filtered, server_options
from harness.build import sanitized
from harness.content import Content
from harness.http1 import ProtocolError
from harness.scripted import unique_path
from harness.upload import Upload, random_sizes

pytestmark = [pytest.mark.plugin_only, pytest.mark.usefixtures("strict_origin")]

# With sanitizers, which take several times as long, one way of each protocol stands for all.
WAYS = ["http1-chunked", "http2-length"] if sanitized() else [
    "http1-none", "http1-length", "http1-chunked", "http2-headers", "http2-length", "http2-none"]
# What the origin does: a query, and whether the request's body may stay without its end.
ORIGINS = {
    "at once": ("", False), "late": ("delay=0.01", False), "in pieces": ("pieces=SEED", False),
    "interim": ("early=103&early-pause=0.002", False), "interim amid": ("early=103&early-at=1", False),
    "early": ("answer=early", True), "early, then leaves": ("answer=early&then=linger", True),
    "amid": ("answer-at=1", True), "reads slowly": ("read-pause=0.0005", False),
}
FAILURES = ["break=reset", "break=empty", "break=garbage", "break=headers", "break=body", "break=chunk&framing=chunked",
            "answer=early&then=reset", "answer=early&then=close"]
KINDS = ["", "look", "upper", "hold", "hold upper", "prepend=BEGIN- append=-END", "hold prepend=BEGIN- append=-END",
         "hold replace=OTHER", "hold empty", "fill=FILLED", "hold splice=5,10,SPLICED", "pause=1 upper"]
SIZES = [0, 1, 2, 100, 4095, 4096, 4097, 32768, 65537, 300000, 1000003]
FRAMINGS = ["length", "chunked", "close"]
# With a plugin that is shown a direction or both, or none at all.
HOSTS = {"bare": [], "do": ["do"], "requests": ["requests"], "responses": ["responses"], "origin": ["origin"]}
FILTERS = {"do": {}, "requests": {"response_body": "off"}, "responses": {"request_body": "off"},
           "origin": {"response_phase": "origin"}}
SHOWN = {"bare": (False, False), "do": (True, True), "requests": (True, False), "responses": (False, True),
         "origin": (True, True)}
# Each pair of filters is met by so many combinations of the rest; more find more, and take longer.
ROUNDS = 1


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    options = server_options(origin, FILTERS, HOSTS, certificates=certificates, manager=True)
    return Bodies(start_shared_server(**options), origin)


@pytest.fixture(scope="module")
def bare(start_shared_server, origin, certificates):
    """Without a plugin, and without a pool of connections: see test_body_harness.py."""
    return Bodies(start_shared_server(**server_options(origin, {}, {"bare": []}, certificates=certificates, records={
        "http.keep_alive_enabled_out": 0})), origin)


@pytest.fixture(scope="module", autouse=True)
def no_complaint(bodies):
    yield
    assert not bodies.complaints()


class Case:
    """One exchange, and everything that is expected of it."""

    def __init__(self, way, host, query, may_stop, kinds, sizes, framing):
        self.way, self.host, self.query, self.may_stop = way, host, query, may_stop
        self.kinds, self.sizes, self.framing = kinds, sizes, framing
        self.protocol, _, upload_framing = way.partition("-")
        self.sent = Content.of(sizes[0], 3)
        with_body = upload_framing in ("length", "chunked") or way == "http2-none"
        self.upload = Upload(self.sent, upload_framing) if with_body else None
        if not with_body:
            self.sent = Content()
        shown = SHOWN[host]
        # A body of length 0 is no body: nobody is shown it.
        self.request_shown = shown[0] and with_body and (sizes[0] > 0 or upload_framing != "length")
        self.response_shown = shown[1] and (sizes[1] > 0 or framing != "length")
        self.expected_request = filtered(kinds[0] if self.request_shown else "", self.sent)
        self.expected_response = filtered(kinds[1] if self.response_shown else "", Content.of(sizes[1], 1))

    @property
    def _costs_the_connection(self):
        """Whether the next exchange had better have a connection of its own. What is on its way for a stream that the
        server has ended is not given back to an HTTP/2 connection's window: after an early answer to a large body there
        is often none left; and a client that gets many early answers is told to calm down (GOAWAY, error 11). Traffic
        Server 9.2 does so without a plugin."""
        return self.protocol == "http2" and "answer" in self.query

    def __repr__(self):
        return f"{self.way} to {self.host}, {self.sizes[0]} bytes by {self.kinds[0]!r}, {self.sizes[1]} bytes " \
               f"({self.framing}) by {self.kinds[1]!r}, {self.query!r}"

    def ask(self, client, path):
        query = f"content={self.sizes[1]}&framing={self.framing}&header=X-Origin:1&header=ETag:%22e%22&{self.query}"
        name = "do" if self.host == "bare" else self.host
        try:
            return client.ask(query, self.upload, method="POST" if self.upload else "GET", request=self.kinds[0],
                              response=self.kinds[1], host=self.host, name=name, path=path,
                              headers=[("X-Client", "a"), ("X-Client", "b")], expected=self.expected_response)
        finally:
            if self._costs_the_connection:
                client.leave()

    def problems(self, client):
        """Does it; returns what is wrong."""
        path = unique_path()
        try:
            response = self.ask(client, path)
        except (ProtocolError, OSError) as error:
            yield f"the client: {error!r}"
            return
        yield from self._problems_of_response(response)
        yield from self._problems_of_request(client.bodies.origin, path)

    def _problems_of_response(self, response):
        if response.status != 200:
            yield f"status {response.status}"
        if response.difference:
            yield f"the response: {response.difference}"
        if response.headers.all("X-Origin") != ["1"]:
            yield f"headers of the response: {response.headers}"
        lengths = response.headers.all("Content-Length")
        if lengths not in ([], [str(self.expected_response.size)]):
            yield f"Content-Length {lengths} of {self.expected_response.size}"
        if self.protocol == "http2" and ("Connection" in response.headers or "Transfer-Encoding" in response.headers):
            yield f"headers of HTTP/1 in HTTP/2: {response.headers}"

    def _problems_of_request(self, origin, path):
        requests = origin.to(path) if self.may_stop else origin.wait_for(path)
        if len(requests) != 1:
            yield f"the origin was asked {len(requests)} times"
            return
        request, = requests
        if request.complete or not self.may_stop:
            if not request.is_whole(self.expected_request):
                yield f"the request: {request.size} of {self.expected_request.size} bytes, complete: {request.complete}"
        elif request.size > self.expected_request.size:
            yield f"the request has {request.size} bytes, of {self.expected_request.size}"
        if request.headers.all("X-Client") not in (["a", "b"], ["a, b"]):
            yield f"headers of the request: {request.headers}"
        if not self.upload and request.framing == "chunked":
            yield "the request has got a body"


def run(client, cases):
    """All of them; fails with the first few problems."""
    problems = []
    for case in cases:
        problems += [f"{case}: {problem}" for problem in case.problems(client)]
        if len(problems) > 3:
            break
    client.bodies.server.check()
    assert not problems, "\n".join(problems)


def fails_without_a_plugin(case, origin_name):
    """What Traffic Server 9.2 does wrong by itself, with or without a filter on the body's way.

    After an early answer it puts the connection to the origin back into its pool with the rest of the request unsent,
    cuts an answer short that ends with the connection, and resets an HTTP/2 client's stream or never ends it; a filter of
    the request's body keeps it from all of that. With an interim answer to an HTTP/2 client it cuts such an answer short,
    too, and sends the origin an end of chunks that no request has; with one that comes amid an upload it resets the
    client's connection, or is silent until a timeout. Not so with a filter of the request's body."""
    if "interim" in origin_name and not case.request_shown:
        return case.protocol == "http2" or (bool(case.upload) and "amid" in origin_name)
    if case.may_stop and case.upload and not case.request_shown:
        return case.host != "bare" or case.framing == "close" or case.protocol == "http2"
    return False


def cases_of(way, host, origin_name, rounds=ROUNDS):
    """Each pair of filters, with sizes and framings from a source that is the same in every run."""
    source = random.Random(f"{way} {host} {origin_name}")
    query, may_stop = ORIGINS[origin_name]
    for number, kinds in enumerate(itertools.product(KINDS, KINDS) if host in ("do", "origin") else
                                   zip(KINDS * 3, KINDS[::-1] * 3)):
        for _ in range(rounds):
            sizes = (source.choice(SIZES), source.choice(SIZES))
            if "slowly" in origin_name:
                sizes = (min(sizes[0], 65537), min(sizes[1], 65537))
            case = Case(way, host, query.replace("SEED", str(number)), may_stop, kinds, sizes, source.choice(FRAMINGS))
            if not fails_without_a_plugin(case, origin_name):
                yield case


@pytest.mark.parametrize("origin_name", ORIGINS)
@pytest.mark.parametrize("way", WAYS)
def test_without_a_plugin(bare, way, origin_name):
    """What is expected of the filters holds for the server alone, too."""
    with Client(bare, way[:5]) as client:
        run(client, cases_of(way, "bare", origin_name, 1))


@pytest.mark.parametrize("host", ["requests", "responses", "do", "origin"])
@pytest.mark.parametrize("origin_name", ORIGINS)
@pytest.mark.parametrize("way", WAYS)
def test_with_filters(bodies, way, origin_name, host):
    with Client(bodies, way[:5]) as client:
        run(client, cases_of(way, host, origin_name, ROUNDS if host == "do" else 1))


# ------------------------------------------------------------------------------------------------------------ failures

def check_failure(client, case):
    """The answer of an origin that fails: an error, or no whole answer, or - when it had answered - that one."""
    try:
        response = case.ask(client, unique_path())
    except (ProtocolError, OSError):
        return None
    if response.status == 502:
        return None
    if "answer=early" in case.query and response.status == 200 and not response.difference:
        return None
    return f"{case}: status {response.status}, {response.difference}"


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("way", WAYS)
def test_failure_of_the_origin_is_never_a_whole_answer(bodies, way, failure):
    source = random.Random(failure)
    problems = []
    with Client(bodies, way[:5]) as client:
        for kinds in zip(KINDS * 2, KINDS + KINDS[3:] + KINDS[:3]):
            sizes = (source.choice(SIZES), source.choice([1000, 300000]))
            case = Case(way, "do", failure, True, kinds, sizes, "length")
            problem = check_failure(client, case)
            problems += [problem] if problem else []
            after = Case(way, "do", "", False, ("upper", "upper"), (100, 100), "length")
            problems += [f"after {case}: {problem}" for problem in after.problems(client)]
    assert not problems, "\n".join(problems[:10])


# --------------------------------------------------------------------------------------------------------------- cache

def cached_problems(client, host, framing, size, kind):
    """Three times the same object: the client's phase filters hits, the origin's what is stored."""
    path = unique_path()
    query = f"content={size}&framing={framing}&cache=60"
    shown = size > 0 or framing != "length"
    for number in range(3):
        script = kind if number != 1 or host == "origin" else ""
        expected = filtered(script if shown else "", Content.of(size, 1))
        try:
            response = client.ask(query, response=script, method="GET", host=host, path=path, expected=expected)
        except (ProtocolError, OSError) as error:
            yield f"{host}, {size} bytes ({framing}) by {kind!r}, time {number}: {error!r}"
            return
        if (response.status, response.difference) != (200, None):
            yield f"{host}, {size} bytes ({framing}) by {kind!r}, time {number}: {response.status} " \
                  f"{response.difference}"
    asked = len(client.bodies.origin.to(path))
    if framing != "close" and asked != 1:
        yield f"{host}, {size} bytes ({framing}) by {kind!r}: the origin was asked {asked} times"


@pytest.mark.parametrize("protocol", ["http1", "http2"])
@pytest.mark.parametrize("host", ["responses", "do", "origin"])
def test_cached_objects(bodies, protocol, host):
    problems = []
    with Client(bodies, protocol) as client:
        for framing, size, kind in itertools.product(FRAMINGS, (0, 1, 4096, 300000), KINDS):
            if size == 0 and framing != "length":
                continue  # the server stores no empty object whose length was not announced
            problems += cached_problems(client, host, framing, size, kind)
    assert not problems, "\n".join(problems[:10])


# ------------------------------------------------------------------------------------------------------------- large

@pytest.mark.parametrize("kinds", [("look", "look"), ("upper append=X", "upper append=Y"), ("upper", ""),
                                   ("", "upper")])
@pytest.mark.parametrize("way", ["http1-length", "http1-chunked", "http2-length", "http2-none"])
@pytest.mark.parametrize("size", [16 << 20, 64 << 20])
def test_large_bodies_both_ways(bodies, way, kinds, size):
    if sanitized() and size > 16 << 20:
        pytest.skip("takes long with sanitizers")
    sizes = (size if kinds[0] else 1000, size if kinds[1] else 1000)
    with Client(bodies, way[:5]) as client:
        for framing in ("length", "chunked"):
            run(client, [Case(way, "do", "", False, kinds, sizes, framing)])


@pytest.mark.parametrize("way", ["http1-length", "http2-none"])
def test_large_bodies_that_are_held(bodies, way):
    with Client(bodies, way[:5]) as client:
        for size in (1 << 20, 9 << 20):
            for kinds in (("hold", "hold"), ("hold upper append=X", "hold upper append=Y")):
                run(client, [Case(way, "do", "", False, kinds, (size, size), "chunked")])


@pytest.mark.parametrize("way", ["http1-length", "http1-chunked", "http2-none"])
def test_uploads_in_random_pieces(bodies, way):
    with Client(bodies, way[:5]) as client:
        for seed in range(10):
            kinds = ("upper append=X", "hold upper")
            case = Case(way, "do", f"pieces={seed}", False, kinds, (200000, 100000), "chunked")
            case.upload.sizes = random_sizes(seed, 20000)
            run(client, [case])


# --------------------------------------------------------------------------------------------------------------- after

def a_bit_of_all(bodies):
    for way in WAYS:
        with Client(bodies, way[:5]) as client:
            for origin_name in ORIGINS:
                cases = list(cases_of(way, "do", origin_name, 1))
                run(client, random.Random(way).sample(cases, min(20, len(cases))))


def test_memory_is_back_where_it_was_and_no_stream_is_left(bodies):
    memory = []
    for _ in range(1 if sanitized() else 3):
        a_bit_of_all(bodies)
        memory.append(bodies.server.memory_kilobytes())
    assert bodies.server.settle("proxywasm.streams") == 0
    assert bodies.server.metric("proxywasm.traps") == 0
    # Traffic Server keeps what it allocated at the busiest moment, which differs; if each of the thousand exchanges of a
    # round lost its bodies, that would be some 200 MB.
    assert sanitized() or memory[-1] - memory[-2] < 32 << 10, memory
