"""The rate service that a project's tool asks: a real HTTP server on a loopback port that fails on demand."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TOKEN = "rk_live_7Yq2mVt4KxP0sWbN8dLcJr5f"


@dataclass
class Service:
    """``troubles`` are statuses that the next requests get, in order; after them all is well."""

    port: int
    troubles: list[int] = field(default_factory=list)
    asked: int = 0


@contextmanager
def service() -> Iterator[Service]:
    """A running service, stopped when the block ends."""
    state = Service(0)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked += 1
            trouble = state.troubles.pop(0) if state.troubles else 200
            if (
                trouble == 200
                and urlsplit(self.path).path.startswith("/private")  # a proxy is asked with the whole address
                and self.headers.get("Authorization") != f"Bearer {TOKEN}"
            ):
                trouble = 401
            self.send_response(trouble)
            self.end_headers()
            self.wfile.write(json.dumps({"revision": state.asked, "rates": {"EU": 7.5, "US": 9.25}}).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
            """Say nothing."""

    return Handler
