"""The receiver as a process, or as the processes of gunicorn: starts, crashes and stops."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import unittest
from pathlib import Path

from receiver.event import Envelope
from receiver.inbox import Inbox

from .support import ROOT, Delivery, ReceiverProcess, delivery, temporary_inbox

PYTHON = (sys.executable, "-m", "receiver")
BLOCKING = (sys.executable, "-m", "tests.blocking_receiver")
#: gunicorn of this Python, or else of the system.
HAS_MODULE = importlib.util.find_spec("gunicorn") is not None
GUNICORN = (sys.executable, "-m", "gunicorn") if HAS_MODULE else (shutil.which("gunicorn") or "",)
SERVERS = [PYTHON, GUNICORN] if GUNICORN[0] else [PYTHON]
BLOCKING_GUNICORN = (*GUNICORN, "tests.blocking_receiver:create_app()")
HEALTH = Delivery("/healthz", {}, b"")
MIB = 1_048_576


class Processes(unittest.TestCase):
    def setUp(self) -> None:
        self.environ = {"INBOX_PATH": temporary_inbox(self)}

    def start(self, command: tuple[str, ...] = PYTHON, **environ: str) -> ReceiverProcess:
        receiver = ReceiverProcess(self, {**self.environ, **environ}, command).listening()
        if command[: len(GUNICORN)] == GUNICORN:
            # gunicorn does not react to a SIGTERM while it forks its two workers.
            receiver.wait_for("working")
            receiver.wait_for("working")
        return receiver

    def refusal(self, command: tuple[str, ...] = PYTHON, **environ: str) -> str:
        """The line with which it does not start."""
        receiver = ReceiverProcess(self, {**self.environ, **environ}, command)
        self.assertEqual((1, []), (receiver.exit_code(), receiver.seen))
        self.assertEqual(1, len(receiver.errors().splitlines()), receiver.errors())
        return receiver.errors()

    def stop(self, receiver: ReceiverProcess) -> None:
        receiver.process.terminate()
        self.assertEqual(0, receiver.exit_code(), receiver.errors())

    def store(self, event_id: str) -> None:
        with contextlib.closing(Inbox(self.environ["INBOX_PATH"])) as inbox:
            inbox.store(Envelope(event_id, "order.created", '{"data":{"order":{}}}'), "standard", 10, 0.0)


class OneProcess(Processes):
    def test_two_processes_never_take_the_same_event_until_one_is_killed(self) -> None:
        one = self.start(BLOCKING)
        one.send(delivery("evt_1"))
        one.wait_for("started", id="evt_1")
        other = self.start(BLOCKING)
        other.send(delivery("evt_2"))
        # evt_1 is older and not handled, but claimed.
        other.wait_for("started", id="evt_2")
        one.process.kill()
        one.exit_code()
        other.release()
        other.wait_for("handled", id="evt_2")
        other.wait_for("started", id="evt_1", attempt=2)
        other.release()
        other.wait_for("handled", id="evt_1")
        self.assertEqual(2, sum(entry["event"] == "started" for entry in other.seen))

    def test_sigterm_lets_the_current_handler_finish_and_takes_no_further_event(self) -> None:
        receiver = self.start(BLOCKING)
        receiver.send(delivery("evt_1"))
        receiver.wait_for("started", id="evt_1")
        receiver.send(delivery("evt_2"))
        receiver.process.terminate()
        receiver.wait_for("stopping")
        self.assertTrue(receiver.is_running())
        receiver.release()
        self.assertEqual(0, receiver.exit_code())
        events = [(entry["event"], entry["id"]) for entry in receiver.seen if "id" in entry]
        self.assertIn(("handled", "evt_1"), events)
        self.assertNotIn(("started", "evt_2"), events)
        self.start().wait_for("handled", id="evt_2", attempt=1)

    def test_a_stop_answers_the_current_request(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            receiver = self.start()
            sent = delivery(f"evt_{number}")
            with receiver.connect(sent, len(sent.body), "Expect: 100-continue") as connection:
                # Only a server that has accepted the request asks for its body.
                self.assertIn(b"100 Continue", connection.recv(1000))
                receiver.process.send_signal(number)
                receiver.wait_for("stopping")
                self.assertTrue(receiver.is_running())
                connection.sendall(sent.body)
                self.assertIn(b" 200 ", b"".join(iter(lambda: connection.recv(1000), b"")))
            self.assertEqual((0, ""), (receiver.exit_code(), receiver.errors()))

    def test_a_silent_client_does_not_delay_a_stop_by_ten_seconds(self) -> None:
        receiver = self.start()
        with receiver.connect(delivery("evt_1"), 9):
            receiver.send(delivery("evt_1"))
            stopped_at = time.monotonic()
            self.stop(receiver)
        self.assertLess(time.monotonic() - stopped_at, 8)

    def test_a_body_of_1_mib_is_accepted_and_one_byte_more_is_not(self) -> None:
        receiver = self.start()
        for size, status in ((MIB, 200), (MIB + 1, 413), (3 * MIB // 2, 413)):
            sent = delivery(f"evt_{size}", body=b'{"type":"order.created"}'.ljust(size))
            pieces = (sent.body[at : at + 50_000] for at in range(0, size, 50_000))
            self.assertEqual(status, receiver.send(sent)[0], size)
            self.assertEqual(status, receiver.send(sent, body=pieces, encode_chunked=True)[0], size)

    def test_a_request_above_the_rate_is_answered_before_its_body(self) -> None:
        receiver = self.start(RATE_LIMIT="1")
        for length, status in ((0, b" 401 "), (1000, b" 429 ")):
            with receiver.connect(Delivery("/webhook", {}, b""), length) as connection:
                self.assertIn(status, connection.recv(1000))

    def test_nothing_is_acknowledged_once_the_inbox_is_deleted_or_replaced(self) -> None:
        def replace(path: str) -> None:
            Inbox(f"{path}.new").close()
            os.replace(f"{path}.new", path)

        for lose in (os.remove, replace):
            with self.subTest(lose.__name__):
                self.environ = {"INBOX_PATH": temporary_inbox(self)}
                receiver = self.start(BLOCKING)
                for event_id in ("evt_1", "evt_2"):
                    self.assertEqual(200, receiver.send(delivery(event_id))[0])
                lose(self.environ["INBOX_PATH"])
                for event_id in ("evt_1", "evt_3"):
                    status, headers, _ = receiver.send(delivery(event_id))
                    self.assertEqual((503, "30"), (status, headers["Retry-After"]))
                self.assertEqual(503, receiver.send(HEALTH, "GET")[0])
                self.assertIn("restart", receiver.wait_for("not_stored", level="error")["error"])
                # What was acknowledged before is handled.
                receiver.release(2)
                receiver.wait_for("handled", id="evt_1")
                receiver.wait_for("handled", id="evt_2")
                self.stop(receiver)

    def test_an_event_that_cannot_be_stored_is_answered_503_and_the_receiver_continues(self) -> None:
        def limit_file_size() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

        receiver = ReceiverProcess(self, self.environ, preexec_fn=limit_file_size).listening()
        for number in range(20):
            body = b'{"type":"order.created"}'.ljust(90_000)
            status, headers, answer = receiver.send(delivery(f"evt_{number}", body=body))
            if status != 200:
                break
        self.assertEqual((503, "30"), (status, headers["Retry-After"]))
        self.assertIn(b"error", answer)
        receiver.wait_for("not_stored", id=f"evt_{number}")
        self.stop(receiver)

    def test_an_incomplete_body_is_answered_400_even_when_its_signature_is_valid(self) -> None:
        for command in SERVERS:
            receiver, sent = self.start(command), delivery("evt_1")
            with receiver.connect(sent, len(sent.body) + 1) as connection:
                connection.sendall(sent.body)
                connection.shutdown(1)
                self.assertIn(b" 400 ", connection.recv(1000))
            receiver.wait_for("cut_off")
            receiver.send(sent)
            receiver.wait_for("stored", id="evt_1")
            self.environ = {"INBOX_PATH": temporary_inbox(self)}

    def test_waiting_events_are_handled_without_a_request(self) -> None:
        for command in (*SERVERS, *((*server, "--preload") for server in SERVERS[1:])):
            self.store(f"evt_{command}")
            receiver = self.start(command)
            receiver.wait_for("handled", id=f"evt_{command}")
            self.stop(receiver)

    def test_a_wrong_setting_is_refused_in_one_line(self) -> None:
        text = Path(self.environ["INBOX_PATH"]).parent.with_suffix(".txt")
        text.write_text("This is not a database, but long enough to be read as one. " * 20)
        settings = {"KEEP_DAYS": ["3"], "WEBHOOK_SECRET": [""], "INBOX_PATH": ["/dev/null/inbox.db", str(text)]}
        for name, value in ((name, value) for name, values in settings.items() for value in values):
            for command in SERVERS:
                with self.subTest(f"{command} {name} {value}"):
                    self.assertIn(name, self.refusal(command, **{name: value}))
        self.assertFalse(os.path.exists(self.environ["INBOX_PATH"]))

    def test_it_starts_in_any_folder_and_reads_its_env_file(self) -> None:
        folder = Path(self.environ["INBOX_PATH"]).parent
        folder.mkdir()
        # PORT is set in the environment, so it is not read.
        (folder / ".env").write_text("WEBHOOK_DIALECT=q2\nINBOX_PATH='new/my inbox.db'\nPORT=wrong\n")
        receiver = ReceiverProcess(self, {"PYTHONPATH": str(ROOT)}, cwd=folder)
        entry = receiver.wait_for("listening", level="info", path="/", dialect="q2")
        self.assertGreater(entry["port"], 0)
        self.assertTrue((folder / "new" / "my inbox.db").exists())

    def test_without_flask_the_refusal_explains_how_to_install_it(self) -> None:
        # -S disables the installed packages.
        command = (sys.executable, "-S", "-m", "receiver")
        self.assertIn("pip install -r requirements.txt", self.refusal(command, PYTHONPATH=""))

    def test_a_used_port_is_refused(self) -> None:
        port = str(self.start().port)
        other = ReceiverProcess(self, {**self.environ, "PORT": port})
        self.assertEqual(1, other.exit_code())
        self.assertIn(port, other.errors())


@unittest.skipUnless(GUNICORN[0], "gunicorn is not installed: pip install gunicorn")
class Gunicorn(Processes):
    def test_each_process_takes_its_own_events_and_those_of_a_killed_one(self) -> None:
        receiver = self.start(BLOCKING_GUNICORN)
        for event_id in ("evt_1", "evt_2", "evt_3"):
            self.assertEqual(200, receiver.send(delivery(event_id))[0])
        entries = [receiver.wait_for("started") for _ in range(2)]
        started = {entry["id"]: entry["pid"] for entry in entries}
        self.assertEqual(({"evt_1", "evt_2"}, 2), (set(started), len(set(started.values()))))
        os.kill(started["evt_1"], signal.SIGKILL)
        again = receiver.wait_for("started", id="evt_1", attempt=2)
        self.assertNotIn(again["pid"], started.values())
        receiver.release(3)
        handled = [receiver.wait_for("handled")["id"] for _ in range(3)]
        self.stop(receiver)
        self.assertEqual(["evt_1", "evt_2", "evt_3"], sorted(handled))

    def test_a_stop_lets_the_current_handlers_finish(self) -> None:
        receiver = self.start(BLOCKING_GUNICORN)
        receiver.send(delivery("evt_1"))
        receiver.wait_for("started")
        receiver.process.terminate()
        self.assertTrue(receiver.is_running(seconds=3))
        receiver.release()
        self.assertEqual(0, receiver.exit_code())
        receiver.wait_for("handled", id="evt_1")

    def test_silent_clients_do_not_block_others_and_are_disconnected(self) -> None:
        text = (ROOT / "gunicorn.conf.py").read_text("utf-8")
        self.assertIn("_SILENCE_SECONDS = 30", text)
        with tempfile.TemporaryDirectory(prefix="receiver-test-") as folder, contextlib.ExitStack() as stack:
            hasty = Path(folder, "hasty.conf.py")
            hasty.write_text(text.replace("_SILENCE_SECONDS = 30", "_SILENCE_SECONDS = 3"), "utf-8")
            receiver = self.start((*GUNICORN, "--config", str(hasty)), PYTHONPATH=str(ROOT))
            # One half sends no complete head, the other half no complete body.
            ends = ["\r\n", "\r\n\r\n{"] * 16
            nothing = Delivery("/webhook", {}, b"")
            silent = [stack.enter_context(receiver.connect(nothing, 9, end=end)) for end in ends]
            self.assertEqual(200, receiver.send(delivery("evt_1"))[0])
            self.assertNotIn("cut_off", [entry["event"] for entry in receiver.seen])
            for connection in silent:
                while connection.recv(1000):
                    pass
            for _ in range(16):
                receiver.wait_for("cut_off")
            self.assertEqual(16, sum(entry["event"] == "cut_off" for entry in receiver.seen))
