"""
What the tests share: signed deliveries, receivers in this process, and receivers as processes of their own.
"""

from __future__ import annotations

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
from typing import AbstractSet, Any, Dict, List, Mapping, NamedTuple, Optional, Sequence, Tuple

from flask import Flask

from receiver import create_app
from receiver.dialects import DIALECTS
from receiver.received import Handler
from receiver.settings import read_settings

ROOT = Path(__file__).resolve().parent.parent
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
ORDER = {"order": {"id": 123, "total": 499}}
#: Longer than anything here takes on a busy machine; only a failing test waits for it.
PATIENCE = 30


class Delivery(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: bytes


def body_of(dialect: str, event_id: str, event_type: str, data: Any) -> Dict[str, Any]:
    """The body as the senders of a dialect make it."""
    if dialect == "standard":
        return {"type": event_type, "timestamp": "2026-11-21T10:30:00.000Z", "data": data}
    if dialect == "q2":
        return {"hook_id": 7, "hook": {"id": 7, "active": True}, **data}
    if dialect == "resource-api":
        return {"id": event_id, "type": event_type, "data": data, "previous_data": {"order": None}}
    if dialect in ("connect2print", "activities"):
        return {"id": event_id, "event": event_type, "data": data}
    if dialect == "casesolved":
        return {"event": event_type, "data": data}
    if dialect == "stripe":
        return {"id": event_id, "object": "event", "type": event_type, "data": {"object": data}}
    return {**data, "type": event_type}


def headers_of(
    dialect: str, event_id: str, event_type: str, body: bytes, secret: str = SECRET
) -> Dict[str, str]:
    """The headers as the senders of a dialect make them now. Written without the code under test."""
    now = str(int(time.time()))

    def digest(prefix: str, key: Optional[bytes] = None) -> bytes:
        return hmac.new(key or secret.encode(), prefix.encode() + body, hashlib.sha256).digest()

    if dialect in ("standard", "svix"):
        name = "webhook" if dialect == "standard" else "svix"
        signature = base64.b64encode(digest(f"{event_id}.{now}.", base64.b64decode(secret[len("whsec_") :])))
        return {
            f"{name}-id": event_id,
            f"{name}-timestamp": now,
            f"{name}-signature": f"v1,{signature.decode()}",
        }
    base64_of_body = base64.b64encode(digest("")).decode()
    by_dialect: Dict[str, Dict[str, str]] = {
        "q2": {"X-Q2-Delivery": event_id, "X-Q2-Event": event_type, "X-Q2-Signature-256": base64_of_body},
        "resource-api": {"X-Webhook-Signature": digest("").hex()},
        "connect2print": {"X-Webhook-Signature": digest("").hex()},
        "activities": {"X-Signature": digest("").hex()},
        "casesolved": {"webhook-id": event_id, "X-Webhook-Secret": secret},
        "github": {
            "X-GitHub-Delivery": event_id,
            "X-GitHub-Event": event_type,
            "X-Hub-Signature-256": f"sha256={digest('').hex()}",
        },
        "stripe": {"Stripe-Signature": f"t={now},v1={digest(f'{now}.').hex()}"},
        "shopify": {
            "X-Shopify-Webhook-Id": event_id,
            "X-Shopify-Topic": event_type,
            "X-Shopify-Hmac-Sha256": base64_of_body,
        },
        "slack": {
            "webhook-id": event_id,
            "X-Slack-Request-Timestamp": now,
            "X-Slack-Signature": f"v0={digest(f'v0:{now}:').hex()}",
        },
    }
    return by_dialect[dialect]


def delivery(
    event_id: str,
    dialect: str = "standard",
    event_type: str = "order.created",
    data: Any = None,
    secret: str = SECRET,
) -> Delivery:
    """One signed event."""
    body = json.dumps(body_of(dialect, event_id, event_type, ORDER if data is None else data)).encode()
    return signed(dialect, event_id, event_type, body, secret)


def signed(dialect: str, event_id: str, event_type: str, body: bytes, secret: str = SECRET) -> Delivery:
    """A body as it is, signed."""
    headers = {"Content-Type": "application/json"}
    headers.update(headers_of(dialect, event_id, event_type, body, secret))
    return Delivery(DIALECTS[dialect].path, headers, body)


def temporary_inbox(test: unittest.TestCase) -> str:
    """The path of an inbox that is not there yet, in a folder that goes when the test ends."""
    folder = tempfile.TemporaryDirectory(prefix="receiver-test-")
    test.addCleanup(folder.cleanup)
    return os.path.join(folder.name, "data", "inbox.db")


def captured_log(test: unittest.TestCase) -> io.StringIO:
    """What this process logs from now on."""
    stack = contextlib.ExitStack()
    test.addCleanup(stack.close)
    return stack.enter_context(contextlib.redirect_stdout(io.StringIO()))


def app_of(test: unittest.TestCase, environ: Mapping[str, str], handlers: Mapping[str, Handler]) -> Flask:
    """A receiver in this process, stopped when the test ends."""
    settings = read_settings({"WEBHOOK_SECRET": SECRET, "INBOX_PATH": temporary_inbox(test), **environ})
    app = create_app(settings, handlers)
    test.addCleanup(app.extensions["worker"].stop)
    return app


def post(app: Flask, sent: Delivery, method: str = "POST") -> Any:
    """Sends to a receiver in this process."""
    return app.test_client().open(sent.path, method=method, headers=dict(sent.headers), data=sent.body)


class ReceiverProcess:
    """A receiver as a process of its own. What it logs can be waited for."""

    def __init__(
        self,
        test: unittest.TestCase,
        environ: Mapping[str, str],
        command: Sequence[str] = (sys.executable, "-m", "receiver"),
        **options: Any,
    ) -> None:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WEBHOOK_")}
        self._process = subprocess.Popen(
            command,
            env={
                **inherited,
                "WEBHOOK_SECRET": SECRET,
                "HOST": "127.0.0.1",
                "PORT": "0",
                "PYTHONDONTWRITEBYTECODE": "1",
                **environ,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # Its own group, so that gunicorn's workers end with it whatever happens.
            start_new_session=True,
            **{"cwd": ROOT, **options},
        )
        self._logged = threading.Condition()
        self._not_given: List[Dict[str, Any]] = []
        self._ended = False
        #: All that it logged so far.
        self.seen: List[Dict[str, Any]] = []
        self._errors: List[bytes] = []
        self._readers = [
            threading.Thread(target=self._read_log, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        test.addCleanup(self._clean_up)
        self.pid = self._process.pid
        self.port = 0

    def listening(self) -> ReceiverProcess:
        """Waits until it says where it listens."""
        self.port = self.wait_for("listening")["port"]
        return self

    def wait_for(self, event: str, **fields: Any) -> Dict[str, Any]:
        """A line of its log that is about an event with these fields. No line is given twice."""
        wanted = {"event": event, **fields}.items()
        with self._logged:
            if not self._logged.wait_for(lambda: self._has(wanted) or self._ended, PATIENCE):
                raise AssertionError(f"no {event} {fields} in {self.seen}")
            if not self._has(wanted):
                raise AssertionError(f"ended before {event} {fields}: {self.seen} {self.errors()}")
            line = next(line for line in self._not_given if wanted <= line.items())
            self._not_given.remove(line)
            return line

    def send(self, sent: Delivery, method: str = "POST", **options: Any) -> Tuple[int, Dict[str, str], bytes]:
        """Status, headers and body of the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(
                method, sent.path, options.pop("body", sent.body), dict(sent.headers), **options
            )
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def send_cut_off(self, sent: Delivery) -> bytes:
        """The answer to a request that announces more than it sends; its signature fits what it sends."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            head = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
            connection.sendall(
                f"POST {sent.path} HTTP/1.1\r\nHost: x\r\n{head}"
                f"Content-Length: {len(sent.body) + 1}\r\n\r\n".encode() + sent.body
            )
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as answer:
                return answer.read()

    def release(self, handlers: int = 1) -> None:
        """Lets handlers of blocking_receiver.py return."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"." * handlers)
        self._process.stdin.flush()

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def lives_on(self) -> bool:
        """Whether it is still there after half a second: more than a stop that waits for nothing takes."""
        try:
            self._process.wait(0.5)
        except subprocess.TimeoutExpired:
            return True
        return False

    def exit_code(self) -> int:
        """Waits for its end."""
        code = self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        return code

    def errors(self) -> str:
        """What it wrote to stderr."""
        return b"".join(self._errors).decode()

    def _has(self, wanted: AbstractSet[Tuple[str, Any]]) -> bool:
        return any(wanted <= line.items() for line in self._not_given)

    def _read_log(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            line = json.loads(text)
            with self._logged:
                self.seen.append(line)
                self._not_given.append(line)
                self._logged.notify_all()
        with self._logged:
            self._ended = True
            self._logged.notify_all()

    def _read_errors(self) -> None:
        assert self._process.stderr is not None
        for text in self._process.stderr:
            self._errors.append(text)

    def _clean_up(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self.exit_code()
        for stream in (self._process.stdin, self._process.stdout, self._process.stderr):
            assert stream is not None
            with contextlib.suppress(BrokenPipeError):
                stream.close()
