# SPDX-License-Identifier: Apache-2.0
"""A server on 127.0.0.1 with a thread for each connection, for origins to build on."""

import socket
import threading


class Listener:
    """Calls serve(connection, number) for each connection, in a thread. Usable with `with`. It listens from __init__ on:
    what a class that builds on it needs has to be there before. With an ssl.SSLContext it is spoken to over TLS."""

    def __init__(self, port=0, context=None):
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", port), backlog=512)
        self.port = self._listener.getsockname()[1]
        self._open = {}  # connections by number
        self._open_lock = threading.Lock()
        self._count_of_connections = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        # shutdown() wakes the accepting thread; close() alone would leave it in accept().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        with self._open_lock:
            left = list(self._open.values())
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def serve(self, connection, number):
        raise NotImplementedError

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._open_lock:
                self._count_of_connections += 1
                number = self._count_of_connections
                self._open[number] = connection
            threading.Thread(target=self._run, args=(connection, number), daemon=True).start()

    def _run(self, connection, number):
        try:
            if self._context:
                connection = self._context.wrap_socket(connection, server_side=True)
                with self._open_lock:
                    self._open[number] = connection
            self.serve(connection, number)
        except OSError:
            if not self._context:
                raise
        finally:
            connection.close()
            with self._open_lock:
                self._open.pop(number, None)
