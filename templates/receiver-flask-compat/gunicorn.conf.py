"""How gunicorn serves the receiver. It reads this file by itself when it starts in this folder."""

import os
import socket
import struct
import sys
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from receiver.inbox import open_inbox  # noqa: E402
from receiver.log import log  # noqa: E402
from receiver.settings import SettingsError, read_settings  # noqa: E402

try:
    _settings = read_settings(os.environ)
    open_inbox(_settings.inbox_path)
except SettingsError as error:
    print(error, file=sys.stderr)
    sys.exit(1)

_host = f"[{_settings.host}]" if ":" in _settings.host else _settings.host
bind = f"{_host}:{_settings.port}"
# Each process hands one event at a time to a handler; its threads receive.
workers = 2
threads = 64
# How long a client may say nothing in the middle of a request before its thread is free again.
_SILENCE_SECONDS = 30
# For requests and for the handler under way.
graceful_timeout = 30
# Newer gunicorns would open a socket in the home folder for their command line; in a container there is none.
control_socket_disable = True


def when_ready(server: Any) -> None:
    port = server.LISTENERS[0].sock.getsockname()[1]
    log("info", "listening", port=port, path=_settings.dialect.path, dialect=_settings.dialect.name)


def post_worker_init(worker: Any) -> None:
    for listener in worker.sockets:
        # Connections inherit it. A time-out of Python would not last: gunicorn makes each socket blocking.
        listener.sock.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", _SILENCE_SECONDS, 0)
        )
    # Now and not with the first request, so that what waits since the last stop goes on at once.
    worker.wsgi.extensions["worker"].start()
    log("info", "working", pid=worker.pid)
