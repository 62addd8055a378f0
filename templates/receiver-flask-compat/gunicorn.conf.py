"""The settings of gunicorn, which reads this file when it is started in this folder."""

import os
import socket
import struct
import sys
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from receiver.inbox import Inbox  # noqa: E402
from receiver.log import log  # noqa: E402
from receiver.settings import SettingsError, read_settings  # noqa: E402
from receiver.verify import DIALECTS  # noqa: E402

try:
    _settings = read_settings(os.environ)
    Inbox(_settings.inbox_path).close()
except SettingsError as error:
    sys.exit(str(error))

wsgi_app = "receiver.app:Receiver()"
_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
# Each process runs one handler at a time. Its threads receive requests.
workers = 2
threads = 64
# A client that sends nothing for so long in the middle of a request is disconnected.
_SILENCE_SECONDS = 30
# Seconds that a stop waits for requests and handlers.
graceful_timeout = 30
# Newer versions of gunicorn would create a control socket in the home folder, which a container may not have.
control_socket_disable = True


def when_ready(server: Any) -> None:
    port, path = server.LISTENERS[0].sock.getsockname()[1], DIALECTS[_settings.dialect]["path"]
    log("info", "listening", port=port, path=path, dialect=_settings.dialect)


def post_worker_init(worker: Any) -> None:
    for listener in worker.sockets:
        # Connections inherit this option. gunicorn would reset a timeout set by Python's settimeout().
        timeout = struct.pack("@ll", _SILENCE_SECONDS, 0)
        listener.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeout)
    # Before the first request, so that events that are waiting are handled at once.
    worker.wsgi.worker.start()
    log("info", "working", pid=worker.pid)
