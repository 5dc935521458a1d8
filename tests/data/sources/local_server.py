"""What local servers of vendors share: they run on loopback while a test does."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple, Self


class Answer(NamedTuple):
    """What a server says instead of its usual answer."""

    status: int = 200
    body: str = ""
    missing: int = 0  # bytes that the header promises and that never come


class LocalServer:
    """A server on loopback, in a thread of its own from entering a ``with`` block to leaving it."""

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.vendor = self  # type: ignore[attr-defined]
        self.port = self.server.server_port

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    """A handler that writes no log."""

    def send(self, answer: Answer, headers: dict[str, str]) -> None:
        """Send an answer, with headers beside its length."""
        self.send_response_only(answer.status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body.encode()) + answer.missing))
        self.end_headers()
        self.wfile.write(answer.body.encode())

    def log_message(self, *_: object) -> None:
        pass
