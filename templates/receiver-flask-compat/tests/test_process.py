"""The receiver as a process, or as the processes of gunicorn: starts, crashes and stops."""

import contextlib
import os
import resource
import shutil
import signal
import sys
import tempfile
import unittest
from pathlib import Path

from receiver.inbox import Inbox

from .support import PYTHON, ROOT, Delivery, ReceiverProcess, delivery, temporary_inbox

BLOCKING = (sys.executable, "-c", "import tests.blocking_receiver; from receiver.__main__ import main; main()")
#: gunicorn of this Python, or else of the system.
GUNICORN = (shutil.which("gunicorn", path=os.path.dirname(sys.executable)) or shutil.which("gunicorn") or "",)
SERVERS = [PYTHON, GUNICORN] if GUNICORN[0] else [PYTHON]
BLOCKING_GUNICORN = (*GUNICORN, "tests.blocking_receiver:Receiver()")
needs_gunicorn = unittest.skipUnless(GUNICORN[0], "gunicorn is not installed: pip install gunicorn")


class Processes(unittest.TestCase):
    def setUp(self) -> None:
        self.environ = {"INBOX_PATH": temporary_inbox(self)}

    def start(self, command: tuple[str, ...] = PYTHON, **environ: str) -> ReceiverProcess:
        receiver = ReceiverProcess(self, {**self.environ, **environ}, command)
        receiver.port = receiver.wait_for("listening")["port"]
        # gunicorn does not react to a SIGTERM while it forks its two workers.
        for _ in range(2 if command[: len(GUNICORN)] == GUNICORN else 0):
            receiver.wait_for("working")
        return receiver

    def test_a_stop_finishes_the_current_handler_and_request_but_starts_no_other_handler(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            one = self.start(BLOCKING)
            for event_id in ("evt_1", "evt_2"):
                one.send(delivery(f"{event_id}_{number}"))
            one.wait_for("started", id=f"evt_1_{number}")
            one.process.send_signal(number)
            self.assertTrue(one.is_running())
            one.release()
            self.assertEqual((0, ""), (one.exit_code(), one.errors()))
            other, sent = self.start(), delivery(f"evt_3_{number}")
            other.wait_for("handled", id=f"evt_2_{number}", attempt=1)
            with other.connect(sent, len(sent.body), "Expect: 100-continue") as connection:
                # Only a server that has accepted the request asks for its body.
                self.assertIn(b"100 Continue", connection.recv(1000))
                other.process.send_signal(number)
                self.assertTrue(other.is_running())
                connection.sendall(sent.body)
                self.assertIn(b" 200 ", b"".join(iter(lambda: connection.recv(1000), b"")))
            self.assertEqual((0, ""), (other.exit_code(), other.errors()))
            self.assertIn(f"evt_1_{number}", [entry["id"] for entry in one.seen if entry["event"] == "handled"])

    def test_a_body_of_1_mib_is_accepted_and_one_byte_more_is_not(self) -> None:
        receiver = self.start()
        for size, status in ((1_048_576, 200), (1_048_577, 413), (1_500_000, 413)):
            sent = delivery(f"evt_{size}", body=b'{"type":"order.created"}'.ljust(size))
            pieces = (sent.body[at : at + 50_000] for at in range(0, size, 50_000))
            self.assertEqual(status, receiver.send(sent)[0], size)
            self.assertEqual(status, receiver.send(sent, body=pieces, encode_chunked=True)[0], size)

    def test_nothing_is_acknowledged_once_the_inbox_is_deleted_or_replaced(self) -> None:
        for is_replaced in (False, True):
            receiver = self.start(BLOCKING)
            for event_id in ("evt_1", "evt_2"):
                self.assertEqual(200, receiver.send(delivery(event_id))[0])
            os.remove(path := self.environ["INBOX_PATH"])
            if is_replaced:
                Inbox(f"{path}.new").close()
                os.rename(f"{path}.new", path)
            for event_id in ("evt_1", "evt_3"):
                status, headers = receiver.send(delivery(event_id))
                self.assertEqual((503, "30"), (status, headers["Retry-After"]))
            self.assertEqual(503, receiver.send(Delivery("/healthz", {}, b""), "GET")[0])
            # The events that were acknowledged before are handled.
            receiver.release(2)
            for event_id in ("evt_1", "evt_2"):
                receiver.wait_for("handled", id=event_id)
            self.setUp()

    def test_an_event_that_cannot_be_stored_is_answered_503_and_the_receiver_continues(self) -> None:
        limit_file_size = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))  # noqa: E731
        receiver = ReceiverProcess(self, self.environ, preexec_fn=limit_file_size)
        receiver.port = receiver.wait_for("listening")["port"]
        body = b'{"type":"order.created"}'.ljust(90_000)
        answers = [receiver.send(delivery(f"evt_{number}", body=body)) for number in range(20)]
        self.assertEqual({"30"}, {headers["Retry-After"] for status, headers in answers if status == 503})
        receiver.process.terminate()
        self.assertEqual(0, receiver.exit_code(), receiver.errors())

    def test_an_incomplete_body_is_answered_400_even_when_its_signature_is_valid(self) -> None:
        for command in SERVERS:
            receiver, sent = self.start(command), delivery(f"evt_{command}")
            with receiver.connect(sent, len(sent.body) + 1) as connection:
                connection.sendall(sent.body)
                connection.shutdown(1)
                self.assertIn(b" 400 ", connection.recv(1000))
            receiver.send(sent)
            receiver.wait_for("stored")

    def test_an_event_is_claimed_by_one_process_until_that_is_killed_and_handled_without_a_request(self) -> None:
        for command in (*SERVERS, *((*server, "--preload") for server in SERVERS[1:])):
            killed = self.start(BLOCKING)
            killed.send(delivery(f"evt_1_{command}"))
            killed.wait_for("started")
            receiver = self.start(command)
            receiver.send(delivery(f"evt_2_{command}"))
            receiver.wait_for("handled", id=f"evt_2_{command}")
            self.assertNotIn(f"evt_1_{command}", [entry.get("id") for entry in receiver.seen])
            killed.process.kill()
            receiver.wait_for("handled", id=f"evt_1_{command}", attempt=2)
            self.setUp()

    def test_a_wrong_setting_is_refused_in_one_line(self) -> None:
        text = Path(self.environ["INBOX_PATH"]).parent.with_suffix(".txt")
        text.write_text("This is not a database, but long enough to be read as one. " * 20)
        wrong = [("KEEP_DAYS", "3"), ("WEBHOOK_SECRET", ""), ("INBOX_PATH", "/dev/null/a"), ("INBOX_PATH", str(text))]
        for name, value in wrong:
            for command in SERVERS:
                receiver = ReceiverProcess(self, {**self.environ, name: value}, command)
                self.assertEqual((1, []), (receiver.exit_code(), receiver.seen))
                self.assertRegex(receiver.errors(), f"^.*{name}.*\n$")
        self.assertFalse(os.path.exists(self.environ["INBOX_PATH"]))

    def test_it_starts_in_any_folder_and_reads_its_env_file_and_a_second_one_on_its_port_is_refused(self) -> None:
        folder = Path(self.environ["INBOX_PATH"]).parent
        folder.mkdir()
        # PORT is set in the environment, so it is not read.
        (folder / ".env").write_text("WEBHOOK_DIALECT=q2\nINBOX_PATH='new/my inbox.db'\nPORT=wrong\n")
        receiver = ReceiverProcess(self, {"PYTHONPATH": str(ROOT)}, cwd=folder)
        entry = receiver.wait_for("listening", level="info", path="/", dialect="q2")
        self.assertTrue((folder / "new" / "my inbox.db").exists())
        other = ReceiverProcess(self, {**self.environ, "PORT": str(entry["port"])})
        self.assertEqual((1, []), (other.exit_code(), other.seen))
        self.assertIn(f"Cannot listen on 127.0.0.1:{entry['port']}. Set PORT", other.errors())

    @needs_gunicorn
    def test_each_process_takes_its_own_events_and_those_of_a_killed_one(self) -> None:
        receiver = self.start(BLOCKING_GUNICORN)
        for event_id in ("evt_1", "evt_2", "evt_3"):
            receiver.send(delivery(event_id))
        started = {entry["id"]: entry["pid"] for entry in [receiver.wait_for("started") for _ in range(2)]}
        self.assertEqual(({"evt_1", "evt_2"}, 2), (set(started), len(set(started.values()))))
        os.kill(started["evt_1"], signal.SIGKILL)
        self.assertNotIn(receiver.wait_for("started", id="evt_1", attempt=2)["pid"], started.values())
        # A stop lets the current handlers finish.
        receiver.process.terminate()
        self.assertTrue(receiver.is_running(seconds=3))
        receiver.release(2)
        self.assertEqual(0, receiver.exit_code())
        self.assertEqual({"evt_1", "evt_2"}, {receiver.wait_for("handled")["id"] for _ in range(2)})

    @needs_gunicorn
    def test_silent_clients_do_not_block_others_and_are_disconnected(self) -> None:
        text = (ROOT / "gunicorn.conf.py").read_text("utf-8")
        self.assertIn("_SILENCE_SECONDS = 30", text)
        with tempfile.TemporaryDirectory(prefix="receiver-test-") as folder, contextlib.ExitStack() as stack:
            hasty = Path(folder, "hasty.conf.py")
            hasty.write_text(text.replace("_SILENCE_SECONDS = 30", "_SILENCE_SECONDS = 3"), "utf-8")
            receiver = self.start((*GUNICORN, "--config", str(hasty)), PYTHONPATH=str(ROOT))
            # One half sends no complete head, the other half no complete body.
            nothing, ends = Delivery("/webhook", {}, b""), ["\r\n", "\r\n\r\n{"] * 16
            silent = [stack.enter_context(receiver.connect(nothing, 9, end=end)) for end in ends]
            self.assertEqual(200, receiver.send(delivery("evt_1"))[0])
            receiver.wait_for("stored")
            self.assertNotIn("unreadable", [entry["event"] for entry in receiver.seen])
            for connection in silent:
                list(iter(lambda: connection.recv(1000), b""))
            for _ in range(16):
                receiver.wait_for("unreadable")
