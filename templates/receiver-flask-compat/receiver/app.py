"""The only place that puts the parts together."""

from __future__ import annotations

import os
import sqlite3
import time
from typing import Mapping, Optional

from flask import Flask, Response, jsonify
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from .handlers import HANDLERS, otherwise
from .inbox import Inbox, open_inbox
from .log import in_words, log
from .rate_limit import RateLimit
from .received import Handler
from .receive import Receiving, receive_blueprint
from .settings import Settings, read_settings
from .worker import Work, Worker


def build_app(given: Optional[Settings], handlers: Optional[Mapping[str, Handler]]) -> Flask:
    """The application. Its worker is `app.extensions["worker"]`."""
    settings = given or read_settings(os.environ)
    inbox = open_inbox(settings.inbox_path)
    worker = Worker(
        Work(
            inbox=inbox,
            inbox_path=settings.inbox_path,
            handlers=HANDLERS if handlers is None else handlers,
            otherwise=otherwise,
            max_attempts=settings.max_attempts,
            keep_days=settings.keep_days,
        )
    )

    app = Flask(__name__, static_folder=None)
    app.extensions["worker"] = worker
    if settings.trust_proxy > 0:
        # Without it every request would count for the address of the proxy.
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.trust_proxy)  # type: ignore[method-assign]
    # Where no server starts it (gunicorn.conf.py and `python -m receiver` do), the first request does. Not
    # here: this may be a master process that forks the ones that serve.
    app.before_request(worker.start)
    app.register_blueprint(
        receive_blueprint(Receiving(settings, inbox, worker, RateLimit(settings.rate_limit)))
    )
    _add_health(app, inbox, worker)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)
    return app


def _add_health(app: Flask, inbox: Inbox, worker: Worker) -> None:
    @app.route("/healthz", provide_automatic_options=False)
    def healthz() -> Response:
        try:
            counts = inbox.counts()
        except sqlite3.Error as error:
            return _unavailable(f"The inbox cannot be read: {error}")
        if not worker.is_running():
            return _unavailable("The worker has stopped: nothing is handled.")
        oldest = 0.0 if counts.oldest_waiting_at is None else max(0.0, time.time() - counts.oldest_waiting_at)
        return jsonify(
            status="ok", waiting=counts.waiting, dead=counts.dead, oldest_waiting_seconds=round(oldest, 3)
        )


def _unavailable(error: str) -> Response:
    response = jsonify(status="unavailable", error=error)
    response.status_code = 503
    return response


def _http_error(error: HTTPException) -> Response:
    response = jsonify(error=f"{error.name}.")
    response.status_code = error.code or 500
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    log("error", "request_failed", error=in_words(error))
    response = jsonify(error="Internal Server Error.")
    response.status_code = 500
    return response
