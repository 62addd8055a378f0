"""Signed deliveries, and receivers in this process and in others."""

import base64
import contextlib
import hashlib
import hmac
import http.client
import io
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from typing import Any, Mapping, NamedTuple
from unittest import mock

from receiver.app import Receiver
from receiver.event import Handler
from receiver.settings import read_settings
from receiver.verify import DIALECTS

ROOT = Path(__file__).resolve().parent.parent
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ORDER = {"order": {"id": 123, "total": 499}}
#: Seconds. Longer than anything takes on a busy machine: only a failing test waits this long.
PATIENCE = 30
PYTHON = (sys.executable, "-m", "receiver")
Delivery = NamedTuple("Delivery", [("path", str), ("headers", Mapping[str, str]), ("body", bytes)])


def body_of(dialect: str, event_id: str, event_type: str, data: Any = ORDER) -> dict[str, Any]:
    """The body of an event: its data, id and type where the dialect has them."""
    row = DIALECTS[dialect]
    for name in reversed(row["data"]):
        data = {name: data}
    places = ((row["id"], event_id), (row["type"], event_type))
    fields = {place["field"]: value for place, value in places if "field" in place}
    before = {"previous_data": {"order": None}} if row["previous_data"] else {}
    return {**data, **fields, **before, **{name: {"id": 7} for name in row["data_without"]}}


def delivery(
    event_id: str, dialect: str = "standard", event_type: str = "order.created", *,
    data: Any = ORDER, body: Any = None, secret: str = SECRET, form: bool = False,
) -> Delivery:
    """A request, signed without the code under test."""
    row, scheme, now = DIALECTS[dialect], DIALECTS[dialect]["scheme"], str(int(time.time()))
    body = json.dumps(body_of(dialect, event_id, event_type, data)).encode() if body is None else body
    key = base64.b64decode(secret[len("whsec_") :]) if scheme == "standard" else secret.encode()
    prefix = {"standard": f"{event_id}.{now}.", "stripe": f"{now}.", "slack": f"v0:{now}:"}.get(scheme, "")
    digest = hmac.new(key, prefix.encode() + body, hashlib.sha256)
    in_hex, in_base64 = digest.hexdigest(), base64.b64encode(digest.digest()).decode()
    signatures = {
        "standard": f"v1,{in_base64}", "base64": in_base64, "hex": in_hex, "sha256=hex": f"sha256={in_hex}",
        "stripe": f"t={now},v1={in_hex}", "slack": f"v0={in_hex}", "plain": secret,
    }
    headers = {
        "content-type": "application/x-www-form-urlencoded; charset=utf-8" if form else "application/json",
        row["signature"]: signatures[scheme], row["timestamp"]: now,
        row["id"].get("header"): event_id, row["type"].get("header"): event_type,
    }
    return Delivery(row["path"], {name: value for name, value in headers.items() if name}, body)


def temporary_inbox(test: unittest.TestCase) -> str:
    """The path of an inbox that does not exist yet, in a folder that is deleted after the test."""
    folder = tempfile.TemporaryDirectory(prefix="receiver-test-")
    test.addCleanup(folder.cleanup)
    return os.path.join(folder.name, "data", "inbox.db")


def captured_log(test: unittest.TestCase) -> io.StringIO:
    """What this process logs from now on."""
    patch = mock.patch("sys.stdout", io.StringIO())
    test.addCleanup(patch.stop)
    return patch.start()


def app_of(test: unittest.TestCase, handlers: Mapping[str, Handler], **environ: str) -> Receiver:
    """A receiver in this process, stopped after the test."""
    environ = {"WEBHOOK_SECRET": SECRET, "INBOX_PATH": temporary_inbox(test), **environ}
    app = Receiver(read_settings(environ), handlers)
    test.addCleanup(app.worker.stop)
    return app


def post(app: Receiver, sent: Delivery, method: str = "POST") -> Any:
    return app.test_client().open(sent.path, method=method, headers=dict(sent.headers), data=sent.body)


class ReceiverProcess:
    """A receiver in its own process, whose log entries can be waited for."""

    def __init__(self, test: Any, environ: Mapping[str, str], command: Any = PYTHON, **options: Any) -> None:
        defaults = {"WEBHOOK_SECRET": SECRET, "HOST": "127.0.0.1", "PORT": "0", "PYTHONDONTWRITEBYTECODE": "1"}
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WEBHOOK_")}
        self._errors = tempfile.TemporaryFile()
        self.process: Any = subprocess.Popen(
            command, env={**inherited, **defaults, **environ},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors,
            # Its own group, so that the workers of gunicorn can be killed with it.
            start_new_session=True, **{"cwd": ROOT, **options},
        )
        self.seen: list[dict[str, Any]] = []
        self._next: list[dict[str, Any]] = []
        # Its end also ends a wait for a log entry that never comes.
        self._watchdog = threading.Timer(2 * PATIENCE, self._kill)
        self._watchdog.start()
        test.addCleanup(self._clean_up)

    def wait_for(self, event: str, **fields: Any) -> dict[str, Any]:
        """The next log entry about an event with these fields. No entry is returned twice."""
        wanted = {"event": event, **fields}.items()
        while not (found := [entry for entry in self._next if wanted <= entry.items()]):
            if not self._read_entry():
                raise AssertionError(f"no {event} {fields} in {self.seen} {self.errors()}")
        self._next.remove(found[0])
        return found[0]

    def send(self, sent: Delivery, method: str = "POST", **options: Any) -> tuple[int, Mapping[str, str]]:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, sent.path, options.pop("body", sent.body), dict(sent.headers), **options)
            response = connection.getresponse()
            return response.status, response.headers

    def connect(self, sent: Delivery, length: int, *headers: str, end: str = "\r\n\r\n") -> socket.socket:
        """A connection on which the head of a request was sent, up to its `end`."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        lines = [f"Content-Length: {length}", *map(": ".join, sent.headers.items()), *headers]
        connection.sendall(("\r\n".join([f"POST {sent.path} HTTP/1.1", "Host: x", *lines]) + end).encode())
        return connection

    def release(self, handlers: int = 1) -> None:
        """Lets handlers of blocking_receiver.py return."""
        self.process.stdin.write(b"." * handlers)
        self.process.stdin.flush()

    def is_running(self, seconds: float = 0.5) -> bool:
        """Whether it still runs after a time in which a stop that waits for nothing would end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.returncode is None

    def exit_code(self) -> int:
        code = self.process.wait(PATIENCE)
        while self._read_entry():
            pass
        return code

    def errors(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode()

    def _read_entry(self) -> bool:
        line = self.process.stdout.readline()
        if line:
            self.seen.append(json.loads(line))
            self._next.append(self.seen[-1])
        return line != b""

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)

    def _clean_up(self) -> None:
        self._watchdog.cancel()
        self._kill()
        self.exit_code()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
