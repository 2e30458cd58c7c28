# SPDX-License-Identifier: Apache-2.0
"""Memory: a streamed body takes a bounded window whatever its size, a held one what limits.body says; both give it
back."""

import contextlib
import socket
import threading
import time

import pytest

from harness.bodies import Bodies, filtered, server_options
from harness.build import sanitized
from harness.content import Content
from harness.http1 import ProtocolError, format_request
from harness.reader import Reader
from harness.scripted import unique_path
from harness.upload import Upload

pytestmark = [pytest.mark.plugin_only, pytest.mark.skipif(sanitized(), reason="sanitizers keep freed memory")]

GIGABYTE = 1 << 30
GROWTH_MOST = 16 << 10  # kilobytes

FILTERS = {"requests": {"response_body": "off"}, "responses": {"request_body": "off"}, "do": {},
           "limited": {"limits": {"body": "1MiB"}}, "origin": {"response_phase": "origin"}}


@pytest.fixture(scope="module")
def bodies(start_shared_server, origin, certificates):
    """What has to be allocated once has been."""
    server = start_shared_server(**server_options(origin, FILTERS, {name: [name] for name in FILTERS},
                                                  certificates=certificates, manager=True))
    made = Bodies(server, origin)
    for _ in range(4):
        for name in FILTERS:
            made.ask("content=3000000", Upload(Content.of(3000000), "chunked"), request="upper", response="upper",
                     host=name)
    return made


class Watch:
    """The most memory of the server while something goes on, against that before it."""

    def __init__(self, server):
        self.server = server
        self.before = self.most = server.memory_kilobytes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self._over.wait(0.02):
            self.most = max(self.most, self.server.memory_kilobytes())

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self.most = max(self.most, self.server.memory_kilobytes())

    @property
    def growth(self):
        return self.most - self.before


# ---------------------------------------------------------------------------------------------------------- streamed

@pytest.mark.parametrize("framing", ["length", "chunked"])
@pytest.mark.parametrize("host", ["requests", "do"])
def test_upload_of_a_gigabyte_through_a_request_filter(bodies, host, framing):
    path = unique_path()
    content = Content.of(GIGABYTE)
    expected = bodies.origin.expect(path, content + b"END")
    with Watch(bodies.server) as watch:
        response = bodies.ask("body=done", Upload(content, framing), request="look append=END", host=host, path=path)
    assert (response.status, response.body) == (200, b"done")
    request, = bodies.origin.wait_for(path)
    assert request.is_whole(expected), (request.size, request.complete)
    assert watch.growth < GROWTH_MOST


@pytest.mark.parametrize("framing, host, size", [("length", "responses", GIGABYTE), ("length", "do", GIGABYTE),
                                                 ("chunked", "responses", GIGABYTE), ("chunked", "origin", GIGABYTE // 8),
                                                 ("close", "responses", GIGABYTE // 8)])
def test_download_through_a_response_filter(bodies, host, framing, size):
    with Watch(bodies.server) as watch:
        response = bodies.get(f"content={size}&framing={framing}", "look append=END", host=host,
                              expected=Content.of(size, 1) + b"END")
    assert (response.status, response.difference) == (200, None)
    assert watch.growth < GROWTH_MOST


class FastOrigin:
    """Answers each connection with one huge chunk, as fast as the loopback is."""

    def __init__(self, size):
        self.size = size
        self._piece = bytes(32 << 20)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                with connection:
                    Reader(connection).until(b"\r\n\r\n")
                    head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                    connection.sendall(f"{head}{self.size:x}\r\n".encode())
                    for _ in range(self.size // len(self._piece)):
                        connection.sendall(self._piece)
                    connection.sendall(b"\r\n0\r\n\r\n")


def test_chunks_of_a_fast_origin_come_no_faster_than_they_go_on(start_server):
    with FastOrigin(128 << 20) as origin:
        server = start_server(**server_options(origin, {"do": {}}, {"do": ["do"]}))
        for script, pause in (("look", 0), ("look", 0.5), ("headers=300 look", 0)):
            with Watch(server) as watch, server.connect(timeout=60) as connection:
                connection.send(format_request("GET", "/", [("Host", "do.test"), ("do-response-body", script)]))
                time.sleep(pause)
                assert connection.read_response(expected=Content(bytes(origin.size))).difference is None
            assert watch.growth < GROWTH_MOST


@pytest.mark.parametrize("host", ["responses", "origin"])
@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_response_is_not_read_ahead_of_a_slow_client(bodies, host, framing):
    size = 64 << 20
    with Watch(bodies.server) as watch, bodies.server.connect(timeout=60) as connection:
        connection.send(format_request("GET", unique_path() + f"?content={size}&framing={framing}", [
            ("Host", f"{host}.test"), (f"{host}-response-body", "look")]))
        time.sleep(1)
        response = connection.read_response(expected=Content.of(size, 1))
    assert response.difference is None
    assert watch.growth < GROWTH_MOST


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_response_is_not_read_ahead_of_a_slow_http2_client(bodies, framing):
    """It takes what its windows allow, and then nothing for a while."""
    size = 64 << 20
    with Watch(bodies.server) as watch, bodies.connect("http2", timeout=60) as connection:
        stream = connection.open("GET", unique_path() + f"?content={size}&framing={framing}", "responses.test",
                                 [("responses-response-body", "look")], True, Content.of(size, 1))
        time.sleep(1)
        assert connection.finish(stream).difference is None
    assert watch.growth < GROWTH_MOST


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_request_is_not_read_ahead_of_a_slow_origin(bodies, framing):
    size = 64 << 20
    path = unique_path()
    with Watch(bodies.server) as watch:
        # The first piece that the origin reads is what lies in its socket.
        response = bodies.ask("body=done&read-pause=0.005", Upload(Content.of(size), framing), request="look",
                              host="requests", path=path)
    assert response.body == b"done"
    assert bodies.origin.wait_for(path)[0].is_whole(Content.of(size))
    assert watch.growth < GROWTH_MOST


@pytest.mark.parametrize("protocol", ["http1", "http2"])
def test_body_waits_with_the_client_while_its_headers_are_paused(bodies, protocol):
    """Nothing of it is shown to the module meanwhile, so nothing need be read."""
    size = 8 << 20
    path = unique_path()
    with Watch(bodies.server) as watch:
        with bodies.connect(protocol) as connection:
            response = bodies.ask("body=done", Upload(Content.of(size)), request="headers=500 look", host="limited",
                                  path=path, connection=connection)
    assert response.body == b"done"
    assert bodies.origin.wait_for(path)[0].is_whole(Content.of(size))
    assert watch.growth < GROWTH_MOST


def test_twenty_streams_at_once_have_a_window_each(bodies):
    size = 16 << 20
    results = []

    def client():
        response = bodies.ask(f"content={size}", Upload(Content.of(size), "chunked"), request="look", response="look",
                              expected=Content.of(size, 1))
        results.append((response.status, response.difference))

    threads = [threading.Thread(target=client) for _ in range(20)]
    with Watch(bodies.server) as watch:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [(200, None)] * 20
    # 640 MB went through.
    assert watch.growth < 20 * 2 * 1024 + GROWTH_MOST


# -------------------------------------------------------------------------------------------------------------- held

def test_held_bodies_beyond_the_limit_take_no_more_than_it(bodies):
    with Watch(bodies.server) as watch:
        for framing in ("length", "chunked"):
            for _ in range(3):
                response = bodies.ask("body=a", Upload(Content.of(100 << 20), framing), request="hold", host="limited")
                assert response.status == 413
                assert bodies.get(f"content={100 << 20}&framing={framing}", "hold", host="limited").status == 502
    assert watch.growth < GROWTH_MOST


def stops_growing(server, do_round, allowance):
    """Whether the server's memory stops growing over rounds of the same work. It grows at first, by what is on its way
    at once; that is more with an engine that is slower."""
    memory = []
    for _ in range(16):
        do_round()
        memory.append(server.memory_kilobytes())
        if len(memory) >= 4 and memory[-1] - memory[-3] < allowance:
            return True
    print(memory)
    return False


def test_held_bodies_give_their_memory_back(bodies):
    script = "hold upper"
    content = filtered(script, Content.of(900000, 1))

    def hold_fifty():
        for framing in ("length", "chunked"):
            for _ in range(25):
                response = bodies.ask(f"content=900000&framing={framing}", Upload(Content.of(900000), framing),
                                      request=script, response=script, host="limited", expected=content)
                assert (response.status, response.difference) == (200, None)

    # 180 MB are held in each round, one body after another.
    assert stops_growing(bodies.server, hold_fifty, 4 << 10)


def leave_amid(bodies, request, response, most, wait):
    upload = Upload(Content.of(500000), "chunked", most=most)
    connection = bodies.server.connect()
    connection.send(format_request("POST", unique_path() + "?content=500000", [
        ("Host", "do.test"), ("do-request-body", request), ("do-response-body", response), *upload.headers()]))
    upload.send(connection.send)
    time.sleep(wait)
    connection.close()


def test_bodies_of_clients_that_left_are_freed(bodies):
    def leave_hundred():
        for number in range(100):
            request = ("hold", "upper", "pause=30", "hold pause-end=30", "headers=30")[number % 5]
            response = ("hold", "pause=30", "headers=30")[number % 3]
            leave_amid(bodies, request, response, (400000, None)[number % 2], (0, 0.01)[number // 2 % 2])
        # A slow engine is still at it: what the rounds leave must not add up for that.
        bodies.server.settle("proxywasm.streams", slack=10)
        time.sleep(0.5)

    # 50 MB or more are on their way in each round.
    assert stops_growing(bodies.server, leave_hundred, 8 << 10)


def test_bodies_of_origins_that_broke_off_are_freed(bodies):
    def break_off_hundred():
        for number in range(100):
            script = ("hold", "upper", "hold upper")[number % 3]
            broken = ("break=body", "break=reset", "break=empty")[number // 3 % 3]
            with contextlib.suppress(ProtocolError, ConnectionError):
                bodies.ask(f"content=500000&{broken}", Upload(Content.of(500000)), request=script, response=script)

    assert stops_growing(bodies.server, break_off_hundred, 8 << 10)


def test_nothing_is_left_behind(bodies):
    assert bodies.server.settle("proxywasm.streams") == 0
