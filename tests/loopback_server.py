"""A server on 127.0.0.1 for a ``with`` block: what the playing of every service on loopback shares."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar, Self


class Handler(BaseHTTPRequestHandler):
    """One request; ``world`` is the server that knows what was asked before."""

    world: LoopbackServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.serve()

    def do_POST(self) -> None:
        self.serve()

    def serve(self) -> None:
        """Answer a request of either verb (``command``); written by each service."""
        raise NotImplementedError

    def log_message(self, *_: object) -> None:
        pass

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def send(self, code: int, data: bytes, headers: dict[str, str] | None = None, length: int | None = None) -> None:
        """Answer with this body; ``length`` is what the header says of it where that is not true."""
        self.send_response(code)
        stated = {"content-type": "application/json", "content-length": str(len(data) if length is None else length)}
        for name, value in (stated | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(data)
        except BrokenPipeError:
            self.close_connection = True  # the client did not wait


class LoopbackServer:
    """Serves on a free port until the block ends; a subclass names its ``handler``."""

    handler: ClassVar[type[Handler]]

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (self.handler,), {"world": self}))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/v1"
