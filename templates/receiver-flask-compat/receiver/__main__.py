"""`python -m receiver`: a single process for local work. Use gunicorn in production (see the README)."""

import logging
import os
import signal
import sys
import threading

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from .app import Receiver
from .log import log
from .settings import SettingsError, read_settings, with_env_file
from .worker import STOP_SECONDS


def _listen(app: Receiver) -> BaseWSGIServer:
    host, port = app.settings.host, app.settings.port
    reason = ""
    try:
        return make_server(host, port, app, threaded=True)
    except OSError as error:
        reason = f": {error}"
    except SystemExit:
        pass  # werkzeug has printed the reason.
    sys.exit(f"Cannot listen on {host}:{port}{reason}. Set PORT and HOST to a free address.")


def main() -> None:
    """Serves until SIGTERM or SIGINT. Exits with code 1 when it cannot start."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # The receiver logs its requests itself.
    try:
        app = Receiver(read_settings(with_env_file(os.environ)))
        server = _listen(app)
    except SettingsError as error:
        sys.exit(str(error))
    WSGIRequestHandler.timeout = STOP_SECONDS  # A silent client does not delay a stop for longer.
    server.daemon_threads = False  # Then serve_forever() finishes the current requests before it returns.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    app.worker.start()
    log("info", "listening", port=server.port, path=app.dialect["path"], dialect=app.settings.dialect)
    server.serve_forever(0.1)
    app.worker.stop()


if __name__ == "__main__":
    main()
