"""What happens to an event after it was acknowledged, with a clock that the test moves."""

import contextlib
import io
import os
import sqlite3
import subprocess
import sys
import unittest
from typing import Any, List
from unittest import mock

from receiver import dead_letters
from receiver.event import Envelope, Event
from receiver.inbox import Inbox
from receiver.settings import read_settings
from receiver.worker import RETRY_DELAYS, Worker

from .support import ROOT, SECRET, captured_log, temporary_inbox

DAY = 86_400.0


class TheWorker(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.path = temporary_inbox(self)
        self.inbox = Inbox(self.path)
        self.addCleanup(self.inbox.close)
        self.now = 1_700_000_000.0
        self.fails = True
        self.attempts: List[str] = []
        self.handler: Any = self.handle
        settings = read_settings({"WEBHOOK_SECRET": SECRET, "INBOX_PATH": self.path})
        self.worker = Worker(settings, self.inbox, lambda _: self.handler)
        self.worker.clock = lambda: self.now

    def handle(self, event: Event[Any]) -> None:
        self.attempts.append(f"{event.id} {event.attempt}")
        if self.fails:
            raise ValueError(f"no\n{event.attempt}")

    def store(self, *ids: str) -> List[str]:
        envelopes = [Envelope(event_id, "order.created", "{}") for event_id in ids]
        return [self.inbox.store(envelope, "standard", 100, self.now) for envelope in envelopes]

    def work(self) -> None:
        while self.worker.handle_next():
            pass

    def bury(self, *ids: str) -> None:
        self.store(*ids)
        for delay in (0, *RETRY_DELAYS):
            self.now += delay
            self.work()

    def command(self, *arguments: str) -> str:
        with mock.patch.dict(os.environ, {"INBOX_PATH": self.path}):
            with contextlib.redirect_stdout(io.StringIO()) as output:
                try:
                    dead_letters.main(list(arguments))
                except SystemExit as end:
                    return f"failed: {end}" if end.code else output.getvalue()
        return output.getvalue()

    def test_a_failed_event_is_retried_after_growing_delays_and_then_is_a_dead_letter(self) -> None:
        self.store("evt_1")
        self.work()
        for attempt, delay in enumerate(RETRY_DELAYS, start=1):
            self.now += delay - 0.5
            self.work()
            self.assertEqual(attempt, len(self.attempts))
            self.now += 0.5
            self.work()
            self.assertEqual(f"evt_1 {attempt + 1}", self.attempts[-1])
        self.now += DAY
        self.work()
        self.assertEqual((8, 0, 1), (len(self.attempts), *self.inbox.counts()[:2]))

    def test_the_delay_begins_with_the_failure(self) -> None:
        def take_a_minute(event: Event[Any]) -> None:
            self.now += 60
            self.handle(event)

        self.handler = take_a_minute
        self.store("evt_1")
        self.work()
        self.assertEqual(["evt_1 1"], self.attempts)

    def test_a_failed_event_does_not_delay_later_ones(self) -> None:
        self.store("evt_1", "evt_2")
        self.work()
        self.assertEqual(["evt_1 1", "evt_2 1"], self.attempts)

    def test_a_handler_that_exits_has_failed_and_the_worker_continues(self) -> None:
        self.handler = mock.Mock(side_effect=SystemExit(3))
        self.store("evt_1")
        self.work()
        self.assertIn('"event":"handler_failed"', self.log.getvalue())

    def test_an_event_that_kills_its_process_each_time_becomes_a_dead_letter(self) -> None:
        self.store("evt_1")
        for _ in range(8):
            # A claim without a result, as after kill -9.
            self.assertIsNotNone(self.inbox.claim(self.now))
        self.work()
        self.assertEqual([], self.attempts)
        self.assertIn("the process ended", self.inbox.dead_letters()[0]["last_error"])

    def test_an_event_is_due_at_once_even_when_the_clock_is_set_back(self) -> None:
        self.fails = False
        self.store("evt_1")
        self.now -= DAY
        self.work()
        self.assertEqual(["evt_1 1"], self.attempts)

    def test_dead_letters_are_listed_one_per_line_and_retried_one_by_one_or_all(self) -> None:
        self.bury("evt_1", "evt_2", "a\n\x1b[31m\u009b")
        lines = self.command().splitlines()
        error = r'"ValueError: no 8 \(test_worker\.py:\d+\)"'
        self.assertRegex(lines[0], r'^"evt_1"\t"order\.created"\t8 attempts\t' + error + "$")
        # An id cannot send commands to the terminal.
        ids = ['"evt_1"', '"evt_2"', r'"a\n\u001b[31m\u009b"']
        self.assertEqual(ids, [line.split("\t")[0] for line in lines])
        self.fails = False
        self.attempts.clear()
        self.command("retry", "evt_2")
        self.work()
        self.assertEqual(["evt_2 1"], self.attempts)
        self.command("retry", "all")
        self.work()
        self.assertEqual(["evt_2 1", "evt_1 1"], self.attempts[:2])
        self.assertEqual("There are no dead letters.\n", self.command("list"))

    def test_the_command_refuses_in_one_line_what_it_cannot_do(self) -> None:
        for arguments in (["retry", "evt_9"], ["retry"], ["list", "all"]):
            self.assertRegex(self.command(*arguments), "^failed: .+$")
        self.path += ".missing"
        self.assertRegex(self.command(), "^failed: .+INBOX_PATH.+$")
        self.assertFalse(os.path.exists(self.path))

    def test_ids_of_handled_events_are_remembered_for_keep_days_and_others_forever(self) -> None:
        self.bury("evt_dead")
        self.fails = False
        self.store("evt_1")
        self.work()
        self.store("evt_waits")
        self.now += 14 * DAY
        self.worker.prune()
        self.assertEqual(["duplicate"] * 3, self.store("evt_1", "evt_dead", "evt_waits"))
        self.now += 1
        self.worker.prune()
        self.assertEqual(["stored", "duplicate", "duplicate"], self.store("evt_1", "evt_dead", "evt_waits"))

    def test_a_claim_that_was_taken_over_cannot_be_settled(self) -> None:
        self.store("evt_1")
        lost = self.inbox.claim(self.now)
        assert lost is not None
        self.assertIsNotNone(self.inbox.claim(self.now))
        self.inbox.settle(lost, "handled", self.now)
        self.assertEqual(1, self.inbox.counts()["waiting"])

    def test_a_claim_excludes_other_processes_until_it_is_settled(self) -> None:
        script = "import sys; from receiver.inbox import Inbox; print(Inbox(sys.argv[1]).claim(9e9) is not None)"
        results = []
        self.store("evt_1")
        claim = self.inbox.claim(self.now)
        assert claim is not None
        for _ in range(2):
            command = [sys.executable, "-c", script, self.path]
            results.append(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.strip())
            self.inbox.settle(claim, "waiting", self.now)
        self.assertEqual([b"False", b"True"], results)

    def test_every_commit_is_on_disk_before_it_returns(self) -> None:
        with self.inbox._transaction() as connection:
            self.assertEqual(2, connection.execute("PRAGMA synchronous").fetchone()[0])
            self.assertEqual("wal", connection.execute("PRAGMA journal_mode").fetchone()[0])

    def test_the_body_of_a_handled_event_is_deleted(self) -> None:
        self.fails = False
        self.store("evt_1")
        self.work()
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            rows = connection.execute("SELECT state, body FROM events").fetchall()
        self.assertEqual([("handled", None)], rows)
