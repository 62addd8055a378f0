"""The receiver as a real process: what it survives, how it stops, and when it does not start."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
import time
import unittest
from typing import Iterator

from receiver.envelope import Envelope
from receiver.inbox import open_inbox

from .support import PATIENCE, Delivery, ReceiverProcess, delivery, signed, temporary_inbox

BLOCKING = (sys.executable, "-m", "tests.blocking_receiver")
MIB = 1_048_576


class TheProcess(unittest.TestCase):
    def setUp(self) -> None:
        self.environ = {"INBOX_PATH": temporary_inbox(self)}

    def receiver(self, **environ: str) -> ReceiverProcess:
        return ReceiverProcess(self, {**self.environ, **environ}).listening()

    def blocking_receiver(self) -> ReceiverProcess:
        return ReceiverProcess(self, self.environ, BLOCKING).listening()

    def test_what_was_answered_before_kill_9_is_handled_after_the_restart(self) -> None:
        first = self.blocking_receiver()
        self.assertEqual(200, first.send(delivery("evt_1"))[0])
        first.wait_for("started", id="evt_1", attempt=1)
        self.assertEqual(200, first.send(delivery("evt_2"))[0])
        first.signal(signal.SIGKILL)
        self.assertEqual(-signal.SIGKILL, first.exit_code())

        second = self.receiver()
        second.wait_for("handled", id="evt_1", attempt=2)
        second.wait_for("handled", id="evt_2", attempt=1)
        self.assertEqual(200, second.send(delivery("evt_1"))[0])
        second.wait_for("duplicate", id="evt_1")

    def test_two_processes_never_have_the_same_event_until_one_of_them_is_killed(self) -> None:
        one = self.blocking_receiver()
        one.send(delivery("evt_1"))
        one.wait_for("started", id="evt_1")
        other = self.blocking_receiver()
        other.send(delivery("evt_2"))
        # The first one waits too, but it is claimed.
        other.wait_for("started", id="evt_2")
        one.signal(signal.SIGKILL)
        one.exit_code()
        other.release()
        other.wait_for("handled", id="evt_2")
        other.wait_for("started", id="evt_1", attempt=2)
        other.release()
        other.wait_for("handled", id="evt_1")
        self.assertEqual(2, sum(line["event"] == "started" for line in other.seen))

    def test_sigterm_lets_the_handler_under_way_finish_and_takes_no_more(self) -> None:
        receiver = self.blocking_receiver()
        receiver.send(delivery("evt_1"))
        receiver.wait_for("started", id="evt_1")
        receiver.send(delivery("evt_2"))
        receiver.signal(signal.SIGTERM)
        receiver.wait_for("stopping")
        self.assertTrue(receiver.lives_on())
        receiver.release()
        self.assertEqual(0, receiver.exit_code())
        self.assertTrue({"handled"} <= {line["event"] for line in receiver.seen if line.get("id") == "evt_1"})
        self.assertEqual(["stored"], [line["event"] for line in receiver.seen if line.get("id") == "evt_2"])
        self.receiver().wait_for("handled", id="evt_2", attempt=1)

    def test_a_stop_answers_the_request_under_way(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            receiver = self.receiver()
            sent = delivery(f"evt_{number}")
            with socket.create_connection(("127.0.0.1", receiver.port), timeout=PATIENCE) as connection:
                head = "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
                connection.sendall(
                    f"POST {sent.path} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
                    f"Content-Length: {len(sent.body)}\r\n{head}\r\n".encode()
                )
                # Only a server that has taken the request asks for its body.
                self.assertIn(b"100 Continue", connection.recv(1000))
                receiver.signal(number)
                receiver.wait_for("stopping")
                self.assertTrue(receiver.lives_on())
                connection.sendall(sent.body)
                answer = b"".join(iter(lambda: connection.recv(1000), b""))
            self.assertIn(b" 200 ", answer)
            self.assertEqual(0, receiver.exit_code())
            self.assertEqual("", receiver.errors())

    def test_a_body_of_1_mib_passes_and_a_byte_more_does_not(self) -> None:
        receiver = self.receiver()

        def of_size(size: int) -> Delivery:
            return signed("standard", f"evt_{size}", "order.created", b'{"type":"order.created"}'.ljust(size))

        def in_chunks(body: bytes) -> Iterator[bytes]:
            return (body[at : at + 50_000] for at in range(0, len(body), 50_000))

        for size, status in ((MIB, 200), (MIB + 1, 413), (3 * MIB // 2, 413)):
            with self.subTest(size):
                sent = of_size(size)
                self.assertEqual(status, receiver.send(sent)[0])
                self.assertEqual(
                    status, receiver.send(sent, body=in_chunks(sent.body), encode_chunked=True)[0]
                )

    def test_what_is_over_the_rate_is_answered_without_its_body(self) -> None:
        receiver = self.receiver(RATE_LIMIT="1")
        head = b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=PATIENCE) as connection:
            connection.sendall(head % 0)
            self.assertIn(b" 401 ", connection.recv(1000))
        with socket.create_connection(("127.0.0.1", receiver.port), timeout=PATIENCE) as connection:
            connection.sendall(head % 1000)
            self.assertIn(b" 429 ", connection.recv(1000))

    def test_a_body_that_was_cut_off_is_answered_400_though_its_signature_fits(self) -> None:
        receiver = self.receiver()
        self.assertIn(b" 400 ", receiver.send_cut_off(delivery("evt_1")))
        receiver.wait_for("cut_off")
        receiver.send(delivery("evt_1"))
        receiver.wait_for("stored", id="evt_1")

    def test_nothing_is_acknowledged_into_an_inbox_that_was_deleted_or_replaced(self) -> None:
        def replace(path: str) -> None:
            open_inbox(f"{path}.new").close()
            os.replace(f"{path}.new", path)

        for lose in (os.remove, replace):
            with self.subTest(lose.__name__):
                self.environ = {"INBOX_PATH": temporary_inbox(self)}
                receiver = self.blocking_receiver()
                self.assertEqual(200, receiver.send(delivery("evt_1"))[0])
                self.assertEqual(200, receiver.send(delivery("evt_2"))[0])
                lose(self.environ["INBOX_PATH"])
                self.assertEqual(503, receiver.send(Delivery("/healthz", {}, b""), "GET")[0])
                for event_id in ("evt_1", "evt_3"):
                    status, headers, _ = receiver.send(delivery(event_id))
                    self.assertEqual((503, "30"), (status, headers["Retry-After"]))
                self.assertIn("restart", receiver.wait_for("inbox_lost", level="error")["detail"])
                # What was accepted before is handled.
                receiver.release(2)
                receiver.wait_for("handled", id="evt_1")
                receiver.wait_for("handled", id="evt_2")
                receiver.signal(signal.SIGTERM)
                self.assertEqual(0, receiver.exit_code())
                self.assertEqual(1, sum(line["event"] == "inbox_lost" for line in receiver.seen))

    def test_a_lost_inbox_is_noticed_within_a_second_when_nobody_asks_for_its_health(self) -> None:
        receiver = self.receiver()
        self.assertEqual(200, receiver.send(delivery("evt_0"))[0])
        os.remove(self.environ["INBOX_PATH"])
        lost_at = time.monotonic()
        statuses = []
        while time.monotonic() < lost_at + 1.2:
            statuses.append(receiver.send(delivery(f"evt_{len(statuses) + 1}"))[0])
        self.assertEqual(503, statuses[-1])
        self.assertEqual(sorted(statuses), statuses)

    def test_a_silent_client_does_not_hold_the_stop_for_its_ten_seconds(self) -> None:
        receiver = self.receiver()
        with socket.create_connection(("127.0.0.1", receiver.port)):
            receiver.send(delivery("evt_1"))
            stopped_at = time.monotonic()
            receiver.signal(signal.SIGTERM)
            self.assertEqual(0, receiver.exit_code())
        self.assertLess(time.monotonic() - stopped_at, 8)

    def test_what_cannot_be_stored_is_answered_503_and_the_receiver_lives(self) -> None:
        def small_files_only() -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

        receiver = ReceiverProcess(self, self.environ, preexec_fn=small_files_only).listening()
        for number in range(20):
            body = b'{"type":"order.created"}'.ljust(90_000)
            status, headers, answer = receiver.send(signed("standard", f"evt_{number}", "", body))
            if status != 200:
                break
        self.assertEqual((503, "30"), (status, headers["Retry-After"]))
        self.assertIn(b"error", answer)
        receiver.wait_for("not_stored", id=f"evt_{number}")
        receiver.signal(signal.SIGTERM)
        self.assertEqual(0, receiver.exit_code())

    def test_what_waits_is_handled_without_any_request(self) -> None:
        inbox = open_inbox(self.environ["INBOX_PATH"])
        inbox.store(Envelope("evt_1", "order.created", '{"data":{"order":{}}}'), "standard", 10, 0.0)
        inbox.close()
        self.receiver().wait_for("handled", id="evt_1")

    def test_a_port_that_is_taken_ends_with_code_1(self) -> None:
        port = str(self.receiver().port)
        other = ReceiverProcess(self, {**self.environ, "PORT": port})
        self.assertEqual(1, other.exit_code())
        self.assertIn(port, other.errors())
