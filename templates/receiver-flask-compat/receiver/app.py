"""The WSGI application: verifies requests, stores their events, and responds."""

import os
import sqlite3
import time
from typing import Any, Dict, Mapping, Optional, Union

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected

from .event import Handler, Unreadable, read_envelope
from .handlers import HANDLERS, otherwise
from .inbox import Inbox
from .log import describe, log
from .settings import Settings, read_settings
from .verify import DIALECTS, verify
from .worker import Worker

BODY_LIMIT = 1_048_576


class Receiver(Flask):
    """The application. Its worker starts with the first request, or when the server calls `worker.start()`."""

    def __init__(self, settings: Optional[Settings] = None, handlers: Mapping[str, Handler] = HANDLERS) -> None:
        """Uses the settings of the environment by default. Raises SettingsError."""
        super().__init__(__name__, static_folder=None)
        self.settings = settings = settings or read_settings(os.environ)
        self.dialect = DIALECTS[settings.dialect]
        self.inbox = Inbox(settings.inbox_path)
        self.worker = Worker(settings, self.inbox, lambda name: handlers.get(name, otherwise))
        # Not now: this may be a process that only forks the ones that serve.
        self.before_request(self.worker.start)
        path, methods = self.dialect["path"], self.dialect["methods"]
        self.add_url_rule(path, view_func=self.receive, methods=methods, provide_automatic_options=False)
        self.add_url_rule("/healthz", view_func=self.healthz, provide_automatic_options=False)

    def receive(self) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            body = _read_body()
            refusal = verify(self.dialect, self.settings.secrets, headers, body, time.time())
            if refusal is not None:
                log("warn", "refused", reason=refusal[0], detail=refusal[1], client=request.remote_addr)
                return _respond(**self.dialect["refused"])
            event, outcome = read_envelope(self.dialect, headers, body), "pinged"
            if event.type not in self.dialect["pings"]:
                limit = self.settings.inbox_limit
                outcome = self.inbox.store(event, self.settings.dialect, limit, time.time())
        except Unreadable as error:
            status, detail = error.args
            log("warn", "unreadable", detail=detail, client=request.remote_addr)
            is_text = isinstance(self.dialect["refused"]["body"], str)
            return _respond(status, detail if is_text else {"error": detail})
        except sqlite3.Error as error:
            log("error", "not_stored", id=event.id, type=event.type, error=describe(error))
            return _respond(503, {"error": "The event could not be stored. Send it again."}, retry_after=30)
        log("warn" if outcome == "full" else "info", outcome, id=event.id, type=event.type)
        if outcome == "full":
            return _respond(429, {"error": "Too many events are waiting. Send it again."}, retry_after=30)
        self.worker.wake.set()
        return _respond(**self.dialect["accepted"])

    def healthz(self) -> Response:
        try:
            self.inbox.check_file()
            waiting, dead, oldest = self.inbox.counts()
        except sqlite3.Error as error:
            return _respond(503, {"status": "unavailable", "error": f"The inbox cannot be read: {error}"})
        if not self.worker.thread.is_alive():
            return _respond(503, {"status": "unavailable", "error": "The worker has stopped."})
        age = round(max(0.0, time.time() - (oldest or time.time())), 3)
        return jsonify(status="ok", waiting=waiting, dead=dead, oldest_waiting_seconds=age)


def _read_body() -> bytes:
    body = bytearray()
    try:
        # Reads beyond the limit: a client may miss the response if the connection closes while it writes.
        while len(body) < 2 * BODY_LIMIT and (chunk := request.stream.read(65_536)):
            body += chunk
    except (OSError, ClientDisconnected):
        raise Unreadable(400, "The body ended before it was complete.") from None
    if len(body) > BODY_LIMIT:
        raise Unreadable(413, f"The body is larger than {BODY_LIMIT} bytes.")
    if len(body) < (request.content_length or 0):
        raise Unreadable(400, "The body ended before it was complete.")
    return bytes(body)


def _respond(status: int, body: Union[str, Dict[str, Any]], retry_after: Optional[int] = None) -> Response:
    response = Response(body, mimetype="text/plain") if isinstance(body, str) else jsonify(body)
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
