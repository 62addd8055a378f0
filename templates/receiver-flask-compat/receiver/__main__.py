"""`python -m receiver`: a single process for local work. Use gunicorn in production (see the README)."""

import logging
import os
import signal
import sys
import threading

try:
    from werkzeug.serving import WSGIRequestHandler, make_server

    from .app import create_app
except ModuleNotFoundError as error:
    sys.exit(f"{error}. Install the requirements of the receiver: pip install -r requirements.txt")

from .log import log
from .settings import SettingsError, read_settings, with_env_file
from .worker import STOP_SECONDS


def main() -> None:
    """Serves until SIGTERM or SIGINT. Exits with code 1 when it cannot start."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # The receiver logs its requests itself.
    try:
        app = create_app(read_settings(with_env_file(os.environ)))
    except SettingsError as error:
        sys.exit(str(error))
    host, port = app.settings.host, app.settings.port
    try:
        server = make_server(host, port, app, threaded=True)
    except OSError as error:
        sys.exit(f"Port {port} of {host} is not available: {error}. Check HOST and PORT.")
    WSGIRequestHandler.timeout = STOP_SECONDS / 2  # So that a silent client does not delay a stop.
    server.daemon_threads = False  # Then serve_forever() finishes the current requests before it returns.
    serving = threading.Thread(target=server.serve_forever, args=[0.1], daemon=True)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    app.worker.start()
    serving.start()
    log("info", "listening", port=server.port, path=app.dialect["path"], dialect=app.settings.dialect)
    stop.wait()
    log("info", "stopping")
    server.shutdown()
    serving.join(STOP_SECONDS)
    app.worker.stop()
    os._exit(0)  # Does not wait any longer for requests and handlers.


if __name__ == "__main__":
    main()
