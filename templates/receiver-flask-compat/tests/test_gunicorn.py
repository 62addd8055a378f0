"""Several processes on one inbox, as gunicorn runs them."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import sys
import tempfile
import unittest
from pathlib import Path
from typing import List

from receiver.envelope import Envelope
from receiver.inbox import open_inbox

from .support import PATIENCE, ROOT, ReceiverProcess, delivery, temporary_inbox


def gunicorn() -> List[str]:
    """This Python's gunicorn, or the one of the system; empty when there is none."""
    if importlib.util.find_spec("gunicorn") is not None:
        return [sys.executable, "-m", "gunicorn"]
    program = shutil.which("gunicorn")
    return [] if program is None else [program]


GUNICORN = gunicorn()


@unittest.skipUnless(GUNICORN, "gunicorn is not installed: pip install gunicorn")
class Gunicorn(unittest.TestCase):
    def setUp(self) -> None:
        self.environ = {"INBOX_PATH": temporary_inbox(self)}

    def serve(self, app: str, *options: str) -> ReceiverProcess:
        """With both processes there: gunicorn does not hear a SIGTERM that comes while it forks them."""
        receiver = ReceiverProcess(self, self.environ, [*GUNICORN, *options, app]).listening()
        for _ in range(2):
            receiver.wait_for("working")
        return receiver

    def test_each_process_takes_events_of_its_own_and_those_of_one_that_is_killed(self) -> None:
        receiver = self.serve("tests.blocking_receiver:create_app()")
        for event_id in ("evt_1", "evt_2", "evt_3"):
            self.assertEqual(200, receiver.send(delivery(event_id))[0])
        started = [receiver.wait_for("started") for _ in range(2)]
        self.assertEqual({"evt_1", "evt_2"}, {line["id"] for line in started})
        killed, lives = (line["pid"] for line in sorted(started, key=lambda line: str(line["id"])))
        self.assertNotEqual(killed, lives)
        os.kill(killed, signal.SIGKILL)
        again = receiver.wait_for("started", id="evt_1")
        self.assertEqual(2, again["attempt"])
        self.assertNotIn(again["pid"], (killed, lives))
        receiver.release(3)
        for _ in range(3):
            receiver.wait_for("handled")
        receiver.signal(signal.SIGTERM)
        self.assertEqual(0, receiver.exit_code())
        handled = sorted(line["id"] for line in receiver.seen if line["event"] == "handled")
        self.assertEqual(["evt_1", "evt_2", "evt_3"], handled)

    def test_a_stop_lets_the_handlers_under_way_finish(self) -> None:
        receiver = self.serve("tests.blocking_receiver:create_app()")
        receiver.send(delivery("evt_1"))
        receiver.wait_for("started")
        receiver.signal(signal.SIGTERM)
        self.assertTrue(receiver.lives_on())
        receiver.release()
        self.assertEqual(0, receiver.exit_code())
        self.assertIn("handled", [line["event"] for line in receiver.seen])

    def test_a_body_that_was_cut_off_is_answered_400_though_its_signature_fits(self) -> None:
        receiver = self.serve("receiver:create_app()")
        self.assertIn(b" 400 ", receiver.send_cut_off(delivery("evt_1")))
        receiver.wait_for("cut_off")

    def test_silent_clients_keep_nobody_out_and_are_cut_off_after_a_while(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="receiver-test-")
        self.addCleanup(folder.cleanup)
        hasty = Path(folder.name, "hasty.conf.py")
        text = (ROOT / "gunicorn.conf.py").read_text("utf-8")
        self.assertIn("_SILENCE_SECONDS = 30", text)
        hasty.write_text(text.replace("_SILENCE_SECONDS = 30", "_SILENCE_SECONDS = 3"), "utf-8")
        self.environ["PYTHONPATH"] = str(ROOT)
        receiver = self.serve("receiver:create_app()", "--config", str(hasty))
        with contextlib.ExitStack() as connections:
            silent = []
            for number in range(32):
                connection = socket.create_connection(("127.0.0.1", receiver.port), timeout=PATIENCE)
                silent.append(connections.enter_context(connection))
                head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n"
                # One half stalls in the head, the other in the body.
                connection.sendall(head if number % 2 else head + b"\r\n{")
            self.assertEqual(200, receiver.send(delivery("evt_1"))[0])
            self.assertNotIn("cut_off", [line["event"] for line in receiver.seen])
            for connection in silent:
                while connection.recv(1000):
                    pass
        self.assertEqual(16, sum(line["event"] == "cut_off" for line in receiver.seen))

    def test_what_waits_is_handled_without_any_request_even_when_the_application_is_preloaded(self) -> None:
        for number, options in enumerate(([], ["--preload"])):
            with self.subTest(options):
                inbox = open_inbox(self.environ["INBOX_PATH"])
                event = Envelope(f"evt_{number}", "order.created", '{"data":{"order":{}}}')
                inbox.store(event, "standard", 10, 0.0)
                inbox.close()
                receiver = self.serve("receiver:create_app()", *options)
                receiver.wait_for("handled", id=f"evt_{number}")
                receiver.signal(signal.SIGTERM)
                self.assertEqual(0, receiver.exit_code())

    def test_a_wrong_setting_is_one_line_and_code_1(self) -> None:
        for name, value in (("KEEP_DAYS", "3"), ("WEBHOOK_SECRET", ""), ("INBOX_PATH", "/dev/null/inbox.db")):
            with self.subTest(name):
                environ = {**self.environ, name: value}
                receiver = ReceiverProcess(self, environ, [*GUNICORN, "receiver:create_app()"])
                self.assertEqual(1, receiver.exit_code())
                self.assertEqual(1, len(receiver.errors().splitlines()), receiver.errors())
                self.assertIn(name, receiver.errors())
