"""The one route that senders know: verify, store, then answer."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import BinaryIO, Mapping, Optional

from flask import Blueprint, Response, jsonify, request

from .dialects import Answer
from .envelope import Envelope, Unreadable, open_envelope
from .inbox import Inbox
from .log import in_words, log
from .rate_limit import RateLimit
from .settings import Settings
from .verify import verify
from .worker import Worker

#: 1 MiB.
BODY_LIMIT = 1_048_576

_FULL_RETRY_SECONDS = 30
_RATE_RETRY_SECONDS = 1
_CHUNK = 65_536


@dataclass(frozen=True)
class Receiving:
    """What receiving needs."""

    settings: Settings
    inbox: Inbox
    worker: Worker
    rate_limit: RateLimit


def receive_blueprint(parts: Receiving) -> Blueprint:
    """The dialect's route."""
    blueprint = Blueprint("receive", __name__)
    dialect = parts.settings.dialect

    @blueprint.route(dialect.path, methods=dialect.methods, provide_automatic_options=False)
    def receive() -> Response:
        if not parts.rate_limit.allows(request.remote_addr or "", time.monotonic()):
            log("warn", "rate_limited", client=request.remote_addr)
            return _later(429, "Too many requests.", _RATE_RETRY_SECONDS)
        try:
            body = _read_body()
        except OSError as error:
            log("warn", "cut_off", detail=in_words(error), client=request.remote_addr)
            return _failure(parts, 400, "The body ended before it was complete.")
        if body is None:
            log("warn", "too_large", client=request.remote_addr)
            return _failure(parts, 413, f"The body is larger than {BODY_LIMIT} bytes.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        refusal = verify(dialect, parts.settings.secrets, headers, body, int(time.time()))
        if refusal is not None:
            log("warn", "refused", reason=refusal.reason, detail=refusal.detail, client=request.remote_addr)
            return _answer(dialect.refused)
        try:
            return _take(parts, open_envelope(dialect, headers, body))
        except Unreadable as error:
            log("warn", "unreadable", detail=str(error), client=request.remote_addr)
            return _failure(parts, 400, str(error))

    return blueprint


def _take(parts: Receiving, event: Envelope) -> Response:
    dialect = parts.settings.dialect
    particulars: Mapping[str, object] = {"id": event.id, "type": event.type}
    if event.type in dialect.pings:
        log("info", "pinged", **particulars)
        return _answer(dialect.accepted)
    try:
        outcome = parts.inbox.store(event, dialect.name, parts.settings.inbox_limit, time.time())
    except sqlite3.Error as error:
        log("error", "not_stored", **particulars, error=in_words(error))
        return _later(503, "The event could not be stored. Send it again.", _FULL_RETRY_SECONDS)
    log("warn" if outcome == "full" else "info", outcome, **particulars)
    if outcome == "full":
        return _later(429, "Too many events wait already. Send it again.", _FULL_RETRY_SECONDS)
    if outcome == "stored":
        parts.worker.wake()
    return _answer(dialect.accepted)


def _answer(answer: Answer) -> Response:
    if isinstance(answer.content, str):
        response = Response(answer.content, mimetype="text/plain")
    else:
        response = jsonify(answer.content)
    response.status_code = answer.status
    return response


def _failure(parts: Receiving, status: int, error: str) -> Response:
    return _answer(Answer(status, {"error": error} if parts.settings.dialect.speaks_json else error))


def _later(status: int, error: str, seconds: int) -> Response:
    response = _answer(Answer(status, {"error": error}))
    response.headers["Retry-After"] = str(seconds)
    return response


def _read_body() -> Optional[bytes]:
    """
    The bytes as they came, or None for more than BODY_LIMIT. Not by Flask's `get_data`: that holds the limit
    for requests with a content-length only. Raises OSError when it ends early.
    """
    stream: BinaryIO = request.environ["wsgi.input"]
    announced = request.content_length
    if announced is None and not request.environ.get("wsgi.input_terminated"):
        return b""
    # A little beyond the limit is read and thrown away: a sender that is cut off while it writes may never
    # read why.
    most = 2 * BODY_LIMIT if announced is None else min(announced, 2 * BODY_LIMIT)
    body = bytearray()
    while len(body) < most:
        chunk = stream.read(min(_CHUNK, most - len(body)))
        if not chunk:
            break
        body += chunk
    if announced is not None and len(body) < most:
        # It might fit its signature all the same, when the content-length is what is wrong.
        raise ConnectionError(f"{len(body)} bytes came of {announced}")
    too_large = len(body) > BODY_LIMIT or (announced or 0) > BODY_LIMIT
    return None if too_large else bytes(body)
