"""The WSGI application: verifies requests, stores their events, and responds."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from typing import Any, Mapping

from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected
from werkzeug.middleware.proxy_fix import ProxyFix

from .event import Handler, Unreadable, read_envelope
from .handlers import HANDLERS, otherwise
from .inbox import Inbox
from .log import describe, log
from .settings import Settings, read_settings
from .verify import DIALECTS, verify
from .worker import Worker

BODY_LIMIT = 1_048_576


def create_app(settings: Settings | None = None, handlers: Mapping[str, Handler] = HANDLERS) -> Receiver:
    """The receiver, with the settings of the environment by default. Raises SettingsError."""
    return Receiver(settings or read_settings(os.environ), handlers)


class Receiver(Flask):
    """Starts its worker with the first request, unless the server has called `worker.start()`."""

    def __init__(self, settings: Settings, handlers: Mapping[str, Handler]) -> None:
        super().__init__(__name__, static_folder=None)
        self.settings, self.dialect = settings, DIALECTS[settings.dialect]
        self.inbox = Inbox(settings.inbox_path)
        self.worker = Worker(settings, self.inbox, lambda name: handlers.get(name, otherwise))
        self.rate_limit = RateLimit(settings.rate_limit)
        if settings.trust_proxy > 0:
            self.wsgi_app = ProxyFix(self.wsgi_app, x_for=settings.trust_proxy)  # type: ignore[method-assign]
        # Not now: this may be a process that only forks the ones that serve.
        self.before_request(self.worker.start)
        path, methods = self.dialect["path"], self.dialect["methods"]
        self.add_url_rule(path, view_func=self.receive, methods=methods, provide_automatic_options=False)
        self.add_url_rule("/healthz", view_func=self.healthz, provide_automatic_options=False)

    def receive(self) -> Response:
        if not self.rate_limit.allows(request.remote_addr or "", time.monotonic()):
            log("warn", "rate_limited", client=request.remote_addr)
            return _respond(429, {"error": "Too many requests."}, retry_after=1)
        try:
            body = _read_body()
        except (OSError, ClientDisconnected):
            return self._refuse(400, "cut_off", "The body ended before it was complete.")
        if len(body) > BODY_LIMIT:
            return self._refuse(413, "too_large", f"The body is larger than {BODY_LIMIT} bytes.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        refusal = verify(self.dialect, self.settings.secrets, headers, body, int(time.time()))
        if refusal is not None:
            log("warn", "refused", **refusal._asdict(), client=request.remote_addr)
            return _respond(**self.dialect["refused"])
        try:
            event = read_envelope(self.dialect, headers, body)
        except Unreadable as error:
            return self._refuse(400, "unreadable", str(error))
        if event.type in self.dialect["pings"]:
            log("info", "pinged", id=event.id, type=event.type)
            return _respond(**self.dialect["accepted"])
        try:
            outcome = self.inbox.store(event, self.settings.dialect, self.settings.inbox_limit, time.time())
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
            counts = self.inbox.counts()
        except sqlite3.Error as error:
            return _respond(503, {"status": "unavailable", "error": f"The inbox cannot be read: {error}"})
        if not self.worker.thread.is_alive():
            return _respond(503, {"status": "unavailable", "error": "The worker has stopped."})
        age = round(max(0.0, time.time() - (counts["oldest"] or time.time())), 3)
        waiting, dead = counts["waiting"], counts["dead"]
        return jsonify(status="ok", waiting=waiting, dead=dead, oldest_waiting_seconds=age)

    def _refuse(self, status: int, reason: str, error: str) -> Response:
        log("warn", reason, detail=error, client=request.remote_addr)
        is_text = isinstance(self.dialect["refused"]["body"], str)
        return _respond(status, error if is_text else {"error": error})


class RateLimit:
    """A token bucket for each client address. A limit of 0 allows everything."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: dict[str, tuple[float, float]] = {}  # the tokens left, and when they were counted
        self._lock = threading.Lock()

    def allows(self, address: str, now: float) -> bool:
        """Whether one more request is within the limit at `now`, in seconds of a monotonic clock."""
        with self._lock:
            tokens, counted_at = self._buckets.pop(address, (self._per_second, now))
            tokens = min(self._per_second, tokens + (now - counted_at) * self._per_second)
            allowed = tokens >= 1
            self._buckets[address] = (tokens - allowed, now)
            if len(self._buckets) > 10_000:  # Forgets the least recent address, to limit the memory.
                del self._buckets[next(iter(self._buckets))]
        return allowed or self._per_second == 0


def _read_body() -> bytes:
    """Raises OSError or ClientDisconnected when the body ends before its content-length."""
    body, length = bytearray(), request.content_length or 0
    # Reads beyond the limit: a client may miss the response if the connection closes while it writes.
    while len(body) < 2 * BODY_LIMIT and (chunk := request.stream.read(65_536)):
        body += chunk
    if len(body) < min(length, 2 * BODY_LIMIT):
        raise ConnectionError
    return bytes(body)


def _respond(status: int, body: str | dict[str, Any], retry_after: int | None = None) -> Response:
    response = Response(body, mimetype="text/plain") if isinstance(body, str) else jsonify(body)
    response.status_code = status
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response
