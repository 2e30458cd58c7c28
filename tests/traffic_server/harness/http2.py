# SPDX-License-Identifier: Apache-2.0
"""An HTTP/2 client over TLS: several streams at once on one connection."""

import socket
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions

from .content import Comparison
from .http1 import Headers, ProtocolError, Response
from .upload import Upload


def _lower(headers):
    return [(name.lower(), value) for name, value in headers]


class _Protocol(h2.connection.H2Connection):
    """After a GOAWAY without an error the streams that it names go on; h2 itself would take the connection for
    closed."""

    last_stream = None

    def _receive_goaway_frame(self, frame):
        if frame.error_code == 0:
            self.last_stream = frame.last_stream_id
            return [], []
        return super()._receive_goaway_frame(frame)


class Stream:
    """A response that is being received."""

    def __init__(self, expected=None):
        self.response = None
        self.body = []
        self.comparison = None if expected is None else Comparison(expected)
        self.interim = []
        self.trailers = Headers()
        self.done = False
        self.reset = None
        self.ends_with_headers = False


class Connection:
    """One HTTP/2 connection. Usable with `with`."""

    def __init__(self, port, context, server_name="localhost", timeout=15):
        raw = socket.create_connection(("127.0.0.1", port), timeout)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(raw, server_hostname=server_name)
        if self.socket.selected_alpn_protocol() != "h2":
            raise ProtocolError(f"the server chose {self.socket.selected_alpn_protocol()!r}, not h2")
        self.protocol = _Protocol(h2.config.H2Configuration(header_encoding="latin-1"))
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
        pairs = list(headers.items() if isinstance(headers, dict) else headers)
        stream_id = self.open(method, path, authority, pairs, end_stream=end_stream and not body)
        if body:
            self.upload(stream_id, Upload(body, "none"), end_stream)
        return stream_id

    def open(self, method, path, authority, headers=(), end_stream=False, expected=None):
        """Sends the header of a request; returns its stream id."""
        stream_id = self.protocol.get_next_available_stream_id()
        pseudo = [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path)]
        self.streams[stream_id] = Stream(expected)
        self.protocol.send_headers(stream_id, pseudo + list(headers), end_stream=end_stream)
        self._flush()
        return stream_id

    def upload(self, stream_id, upload, end_stream=True):
        """Sends a body, for as long as the peer takes it."""
        stream = self.streams[stream_id]
        for piece in upload.pieces():
            if not self._send_piece(stream_id, stream, piece):
                return
            upload.sent += len(piece)
            if upload.pause:
                time.sleep(upload.pause)
        if end_stream and not stream.done:
            if upload.trailers:
                self.protocol.send_headers(stream_id, upload.trailers, end_stream=True)
            else:
                self.protocol.end_stream(stream_id)
            self._flush()
            upload.ended = True

    def _send_piece(self, stream_id, stream, piece):
        at = 0
        while at < len(piece) and not stream.done:
            room = min(self.protocol.local_flow_control_window(stream_id), self.protocol.max_outbound_frame_size)
            if room == 0:
                self._receive()
                continue
            self.protocol.send_data(stream_id, piece[at:at + room])
            at += room
            self._flush()
        return at >= len(piece)

    def exchange(self, method, path, authority, headers, upload, expected=None):
        """A request with an Upload, whose framing is "length" or "none"; as Connection.exchange of HTTP/1. Without an
        upload the header ends the request."""
        if upload is None:
            return self.finish(self.open(method, path, authority, _lower(headers), True, expected))
        length = [("content-length", str(upload.content.size))] if upload.framing == "length" else []
        stream_id = self.open(method, path, authority, _lower(headers) + length, expected=expected)
        self.upload(stream_id, upload)
        response = self.finish(stream_id)
        if not upload.ended:
            self.reset(stream_id)
        return response

    def reset(self, stream_id, error=8):
        """Gives a stream up (8 is CANCEL)."""
        try:
            self.protocol.reset_stream(stream_id, error)
        except h2.exceptions.ProtocolError:
            return  # the peer has closed it
        self._flush()

    @property
    def ends(self):
        """Whether the server takes no more requests on this connection."""
        return self.protocol.last_stream is not None

    def _receive(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise ProtocolError("the HTTP/2 connection ended early")
        for event in self.protocol.receive_data(data):
            self._handle(event)
        if self.ends:
            self._refuse_streams_beyond(self.protocol.last_stream)
        self._flush()

    def _refuse_streams_beyond(self, last):
        for stream_id, stream in self.streams.items():
            if stream_id > last and not stream.done:
                stream.reset, stream.done = h2.errors.ErrorCodes.REFUSED_STREAM, True

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
            stream.ends_with_headers = event.stream_ended is not None
        elif isinstance(event, h2.events.DataReceived):
            if stream.comparison:
                stream.comparison.feed(event.data)
            else:
                stream.body.append(event.data)
            self.protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            stream.trailers = Headers(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            stream.done = True
        elif isinstance(event, h2.events.StreamReset) and not stream.done:
            # After the whole answer a reset only says that the rest of the request is not wanted.
            stream.reset = event.error_code
            stream.done = True

    def finish(self, stream_id):
        """Waits for a stream's response. A reset stream raises ProtocolError."""
        stream = self.streams[stream_id]
        while not stream.done:
            self._receive()
        del self.streams[stream_id]
        body = b"".join(stream.body)
        if stream.reset is not None or stream.response is None:
            raise ProtocolError(f"stream {stream_id} was reset, error {stream.reset}", body)
        stream.response.body = body
        if stream.comparison:
            stream.response.difference = stream.comparison.end()
        stream.response.interim = stream.interim
        stream.response.trailers = stream.trailers
        stream.response.ends_with_headers = stream.ends_with_headers
        return stream.response

    def request(self, method, path, authority, headers=(), body=b""):
        return self.finish(self.start(method, path, authority, headers, body))
