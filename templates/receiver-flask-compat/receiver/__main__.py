"""`python -m receiver`: one process for local work. Before real traffic stands gunicorn (see the README)."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from typing import Any, List

try:
    from flask import Flask
    from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
except ModuleNotFoundError as error:
    sys.exit(f"{error}. Install what the receiver needs: pip install -r requirements.txt")

from . import create_app
from .log import log
from .settings import Settings, SettingsError, read_settings, with_env_file
from .worker import STOP_SECONDS, Worker


class _Connection(WSGIRequestHandler):
    # So that a client that says nothing holds neither a thread nor the stop, which has other things to do.
    timeout = STOP_SECONDS / 2


class _Server(ThreadedWSGIServer):
    """Werkzeug's threaded server, which can wait for the requests under way."""

    def __init__(self, settings: Settings, app: Flask) -> None:
        self._under_way: List[threading.Thread] = []
        super().__init__(settings.host, settings.port, app, _Connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), daemon=True
        )
        self._under_way = [other for other in self._under_way if other.is_alive()]
        self._under_way.append(thread)
        thread.start()

    def finish_requests(self, deadline: float) -> None:
        """Waits for them, but not longer than until a time of the monotonic clock."""
        for thread in self._under_way:
            thread.join(max(0.0, deadline - time.monotonic()))


def main() -> int:
    """Serves until SIGTERM or SIGINT. The exit code: 1 when it cannot start."""
    # Its lines for each request are no JSON, and the receiver's own say more.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    try:
        settings = read_settings(with_env_file(os.environ))
        app = create_app(settings)
    except SettingsError as error:
        return _cannot_start(str(error))
    try:
        server = _Server(settings, app)
    except OSError as error:
        return _cannot_start(
            f"{settings.host} port {settings.port} cannot be used: {error}. Check HOST and PORT."
        )
    _serve(server, settings, app.extensions["worker"])
    return 0


def _cannot_start(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


def _serve(server: _Server, settings: Settings, worker: Worker) -> None:
    stop = threading.Event()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signal_number, lambda *_: stop.set())
    worker.start()
    serving = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1})
    serving.start()
    log("info", "listening", port=server.port, path=settings.dialect.path, dialect=settings.dialect.name)
    stop.wait()
    log("info", "stopping")
    deadline = time.monotonic() + STOP_SECONDS
    worker.take_no_more()
    server.shutdown()
    serving.join()
    # Whoever comes now is refused and not left to wait.
    server.server_close()
    server.finish_requests(deadline)
    worker.stop(max(0.0, deadline - time.monotonic()))


if __name__ == "__main__":
    sys.exit(main())
