# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client over TLS: several streams at once on one connection."""

import socket

import h2.config
import h2.connection
import h2.events

from .http1 import Headers, ProtocolError, Response


class Stream:
    """A response that is being received."""

    def __init__(self):
        self.response = None
        self.body = b""
        self.interim = []
        self.trailers = Headers()
        self.done = False
        self.reset = None


class Connection:
    """One HTTP/2 connection. Usable with `with`."""

    def __init__(self, port, context, server_name="localhost", timeout=15):
        raw = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket = context.wrap_socket(raw, server_hostname=server_name)
        if self.socket.selected_alpn_protocol() != "h2":
            raise ProtocolError(f"the server chose {self.socket.selected_alpn_protocol()!r}, not h2")
        self.protocol = h2.connection.H2Connection(h2.config.H2Configuration(header_encoding="latin-1"))
        self.protocol.initiate_connection()
        self.streams = {}
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def _flush(self):
        self.socket.sendall(self.protocol.data_to_send())

    def start(self, method, path, authority, headers=(), body=b"", end_stream=True):
        """Sends a request; returns its stream id."""
        stream_id = self.protocol.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)]
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        self.streams[stream_id] = Stream()
        self.protocol.send_headers(stream_id, pseudo + pairs, end_stream=end_stream and not body)
        self._flush()
        while body:
            room = min(self.protocol.local_flow_control_window(stream_id), self.protocol.max_outbound_frame_size)
            if room == 0:
                self._receive()
                continue
            piece, body = body[:room], body[room:]
            self.protocol.send_data(stream_id, piece, end_stream=end_stream and not body)
            self._flush()
        return stream_id

    def _receive(self):
        data = self.socket.recv(65536)
        if not data:
            raise ProtocolError("the HTTP/2 connection ended early")
        for event in self.protocol.receive_data(data):
            self._handle(event)
        self._flush()

    def _handle(self, event):
        if isinstance(event, h2.events.ConnectionTerminated):
            raise ProtocolError(f"GOAWAY, error {event.error_code}")
        stream = self.streams.get(getattr(event, "stream_id", None))
        if stream is None:
            return
        if isinstance(event, h2.events.InformationalResponseReceived):
            stream.interim.append(int(dict(event.headers)[":status"]))
        elif isinstance(event, h2.events.ResponseReceived):
            pairs = [(name, value) for name, value in event.headers if not name.startswith(":")]
            stream.response = Response(int(dict(event.headers)[":status"]), headers=pairs, version="2")
        elif isinstance(event, h2.events.DataReceived):
            stream.body += event.data
            self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers = Headers(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            stream.done = True
        elif isinstance(event, h2.events.StreamReset):
            stream.reset = event.error_code
            stream.done = True

    def finish(self, stream_id):
        """Waits for a stream's response. A reset stream raises ProtocolError."""
        stream = self.streams[stream_id]
        while not stream.done:
            self._receive()
        if stream.reset is not None or stream.response is None:
            raise ProtocolError(f"stream {stream_id} was reset, error {stream.reset}", stream.body)
        stream.response.body = stream.body
        stream.response.interim = stream.interim
        stream.response.trailers = stream.trailers
        return stream.response

    def request(self, method, path, authority, headers=(), body=b""):
        return self.finish(self.start(method, path, authority, headers, body))
