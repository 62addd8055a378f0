"""What becomes of an event after it was answered, with a clock that the test moves."""

from __future__ import annotations

import contextlib
import io
import os
import sqlite3
import unittest
from typing import Any, Dict, List
from unittest import mock

from receiver import dead_letters
from receiver.envelope import Envelope
from receiver.inbox import open_inbox
from receiver.received import Handler, Received
from receiver.seat import Seat
from receiver.worker import RETRY_DELAYS, Work, Worker

from .support import captured_log, temporary_inbox

START = 1_700_000_000.0
DAY = 86_400.0


class TheWorker(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.path = temporary_inbox(self)
        self.inbox = open_inbox(self.path)
        self.addCleanup(self.inbox.close)
        self.seat = Seat(self.path)
        self.addCleanup(self.seat.leave)
        self.now = START
        self.fails = True
        self.attempts: List[str] = []
        self.handlers: Dict[str, Handler] = {"order.created": self.handle}
        self.worker = Worker(
            Work(
                inbox=self.inbox,
                inbox_path=self.path,
                handlers=self.handlers,
                otherwise=self.handle,
                max_attempts=8,
                keep_days=14,
                clock=lambda: self.now,
            )
        )

    def handle(self, event: Received[Any]) -> None:
        self.attempts.append(f"{event.id} {event.attempt}")
        if self.fails:
            raise ValueError(f"no\n{event.attempt}")

    def store(self, event_id: str) -> str:
        return self.inbox.store(Envelope(event_id, "order.created", "{}"), "standard", 100, self.now)

    def work_off(self) -> None:
        while self.worker.handle_next(self.seat):
            pass

    def bury(self, event_id: str) -> None:
        self.store(event_id)
        for delay in (0, *RETRY_DELAYS):
            self.now += delay
            self.work_off()

    def command(self, *arguments: str) -> str:
        output = io.StringIO()
        with mock.patch.dict(os.environ, {"INBOX_PATH": self.path}), contextlib.redirect_stdout(output):
            self.assertEqual(0, dead_letters.main(list(arguments)))
        return output.getvalue()

    def test_an_error_is_retried_after_growing_delays_and_then_the_event_is_dead(self) -> None:
        self.store("evt_1")
        self.work_off()
        for attempt, delay in enumerate(RETRY_DELAYS, start=1):
            self.now += delay - 0.5
            self.work_off()
            self.assertEqual(attempt, len(self.attempts))
            self.now += 0.5
            self.work_off()
            self.assertEqual(f"evt_1 {attempt + 1}", self.attempts[-1])
        self.now += DAY
        self.work_off()
        self.assertEqual(8, len(self.attempts))
        self.assertEqual((0, 1), self.inbox.counts()[:2])

    def test_the_delay_counts_from_the_failure(self) -> None:
        def take_a_minute(event: Received[Any]) -> None:
            self.now += 60
            self.handle(event)

        self.handlers["order.created"] = take_a_minute
        self.store("evt_1")
        self.work_off()
        self.assertEqual(["evt_1 1"], self.attempts)

    def test_what_fails_does_not_hold_what_came_after(self) -> None:
        self.store("evt_1")
        self.store("evt_2")
        self.work_off()
        self.assertEqual(["evt_1 1", "evt_2 1"], self.attempts)

    def test_a_handler_that_exits_has_failed_and_the_worker_goes_on(self) -> None:
        def leave(event: Received[Any]) -> None:
            raise SystemExit(3)

        self.handlers["order.created"] = leave
        self.store("evt_1")
        self.work_off()
        self.assertIn('"event":"handler_failed"', self.log.getvalue())

    def test_an_event_that_kills_its_process_each_time_becomes_a_dead_letter(self) -> None:
        self.store("evt_1")
        for _ in range(8):
            # A claim that is never settled, as after kill -9.
            self.assertIsNotNone(self.inbox.claim(self.seat.number, self.seat.is_taken, self.now))
        self.work_off()
        self.assertEqual([], self.attempts)
        self.assertIn("the process ended", self.inbox.dead_letters()[0].last_error)

    def test_a_clock_that_is_set_back_does_not_keep_an_event_waiting(self) -> None:
        self.fails = False
        self.store("evt_1")
        self.now -= DAY
        self.work_off()
        self.assertEqual(["evt_1 1"], self.attempts)

    def test_a_listed_id_cannot_play_with_the_terminal(self) -> None:
        self.bury("a\n\x1b[31m\u009b")
        self.assertRegex(self.command(), r'^"a\\n\\u001b\[31m\\u009b"\t[^\n]+\n$')

    def test_dead_letters_are_listed_in_one_line_each_and_put_back_one_or_all(self) -> None:
        for event_id in ("evt_1", "evt_2", "evt_3"):
            self.bury(event_id)
        lines = self.command().splitlines()
        self.assertEqual(['"evt_1"', '"evt_2"', '"evt_3"'], [line.split("\t")[0] for line in lines])
        self.assertRegex(lines[0], r'^"evt_1"\t"order\.created"\t8 attempts\t"ValueError: no 8 \(test_worker\.py:\d+\)"$')
        self.fails = False
        self.attempts.clear()
        self.command("retry", "evt_2")
        self.work_off()
        self.assertEqual(["evt_2 1"], self.attempts)
        self.command("retry", "all")
        self.work_off()
        self.assertEqual(["evt_2 1", "evt_1 1", "evt_3 1"], self.attempts)
        self.assertEqual("There are no dead letters.\n", self.command("list"))

    def test_the_command_says_what_it_cannot_do(self) -> None:
        for arguments, environ, code in (
            (["retry", "evt_9"], {"INBOX_PATH": self.path}, 1),
            (["retry"], {"INBOX_PATH": self.path}, 2),
            ([], {"INBOX_PATH": f"{self.path}.not"}, 1),
        ):
            errors = io.StringIO()
            with mock.patch.dict(os.environ, environ), contextlib.redirect_stderr(errors):
                self.assertEqual(code, dead_letters.main(arguments))
            self.assertEqual(1, len(errors.getvalue().splitlines()))
        self.assertFalse(os.path.exists(f"{self.path}.not"))

    def test_a_dead_or_handled_id_is_still_known(self) -> None:
        self.bury("evt_1")
        self.fails = False
        self.store("evt_2")
        self.work_off()
        self.assertEqual(["duplicate", "duplicate"], [self.store("evt_1"), self.store("evt_2")])

    def test_a_handled_id_is_forgotten_after_its_days_and_what_waits_or_is_dead_never(self) -> None:
        self.bury("evt_dead")
        self.fails = False
        self.store("evt_1")
        self.work_off()
        self.store("evt_waits")
        self.now += 14 * DAY
        self.worker.forget()
        self.assertEqual("duplicate", self.store("evt_1"))
        self.now += 1
        self.worker.forget()
        outcomes = [self.store(event_id) for event_id in ("evt_1", "evt_dead", "evt_waits")]
        self.assertEqual(["stored", "duplicate", "duplicate"], outcomes)

    def test_a_lost_claim_cannot_settle_the_event(self) -> None:
        self.store("evt_1")
        lost = self.inbox.claim(self.seat.number, self.seat.is_taken, self.now)
        self.assertIsNotNone(self.inbox.claim(self.seat.number, self.seat.is_taken, self.now))
        assert lost is not None
        self.inbox.mark_handled(lost, self.now)
        self.assertEqual(1, self.inbox.counts().waiting)

    def test_every_commit_is_on_the_disk_before_it_returns(self) -> None:
        self.store("evt_1")
        with self.inbox._transaction() as connection:
            self.assertEqual((2,), connection.execute("PRAGMA synchronous").fetchone())
            self.assertEqual(("wal",), connection.execute("PRAGMA journal_mode").fetchone())

    def test_the_body_of_a_handled_event_is_dropped(self) -> None:
        self.fails = False
        self.store("evt_1")
        self.work_off()
        connection = sqlite3.connect(self.path)
        self.addCleanup(connection.close)
        self.assertEqual([("handled", None)], connection.execute("SELECT state, body FROM events").fetchall())
