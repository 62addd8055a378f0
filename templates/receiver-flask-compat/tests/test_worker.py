"""What happens to an event after it was acknowledged, with a clock that the test moves."""

import contextlib
import io
import os
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


class TheWorker(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.path = temporary_inbox(self)
        self.inbox = Inbox(self.path)
        self.addCleanup(self.inbox.close)
        self.now = 1_700_000_000.0
        self.errors: Any = [ValueError("no\nnumber"), SystemExit(3)]
        self.attempts: List[str] = []
        settings = read_settings({"WEBHOOK_SECRET": SECRET, "INBOX_PATH": self.path})
        self.worker = Worker(settings, self.inbox, lambda _: self.handle)
        self.worker.clock = lambda: self.now

    def handle(self, event: Event[Any]) -> None:
        self.attempts.append(f"{event.id} {event.attempt}")
        if self.errors:
            raise self.errors[event.attempt % 2]

    def store(self, *ids: str) -> List[str]:
        envelopes = [Envelope(event_id, "order.created", "{}") for event_id in ids]
        return [self.inbox.store(envelope, "standard", 100, self.now) for envelope in envelopes]

    def work(self) -> List[str]:
        """Handles every event that is due. Returns the attempts."""
        self.attempts.clear()
        while len(self.attempts) < 100 and self.worker.handle_next():
            pass
        return self.attempts

    def bury(self, *ids: str) -> None:
        self.store(*ids)
        for delay in (0, *RETRY_DELAYS):
            self.now += delay
            self.work()

    def command(self, *arguments: str) -> str:
        output = io.StringIO()
        with mock.patch.dict(os.environ, {"INBOX_PATH": self.path}), contextlib.redirect_stdout(output):
            try:
                dead_letters.main(*arguments)
            except SystemExit as end:
                return f"failed: {end}"
        return output.getvalue()

    def test_events_whose_handler_fails_or_exits_are_retried_after_growing_delays_until_they_are_dead(self) -> None:
        self.store("evt_1", "evt_2")
        self.assertEqual(["evt_1 1", "evt_2 1"], self.work())
        for attempt, delay in enumerate(RETRY_DELAYS, start=2):
            self.now += delay - 0.5
            self.assertEqual([], self.work())
            self.now += 0.5
            self.assertEqual([f"evt_1 {attempt}", f"evt_2 {attempt}"], self.work())
        self.now += 86_400
        self.assertEqual(([], (0, 2)), (self.work(), self.inbox.counts()[:2]))

    def test_an_event_that_kills_its_process_each_time_becomes_a_dead_letter(self) -> None:
        self.store("evt_1")
        for _ in range(8):
            # A claim without a result, as after kill -9.
            self.assertIsNotNone(self.inbox.claim(self.now))
        self.assertEqual([], self.work())
        self.assertIn("the process ended", self.inbox.dead_letters()[0]["last_error"])

    def test_a_handled_event_loses_its_body_and_is_due_at_once_even_when_the_clock_is_set_back(self) -> None:
        self.errors = None
        self.store("evt_1")
        self.now -= 86_400
        self.assertEqual(["evt_1 1"], self.work())
        (row,) = self.inbox._execute("SELECT state, body FROM events")[0]
        self.assertEqual(("handled", None), tuple(row))

    def test_dead_letters_are_listed_one_per_line_and_retried_one_by_one_or_all(self) -> None:
        self.bury("evt_1", "evt_2", "a\n\x1b[31m\u009b")
        lines = self.command().splitlines()
        error = r'"ValueError: no number \(test_worker\.py:\d+\)"'
        self.assertRegex(lines[0], r'^"evt_1"\t"order\.created"\t8\t' + error + "$")
        # An id cannot send commands to the terminal.
        self.assertEqual([r'"a\n\u001b[31m\u009b"'], [line.split("\t")[0] for line in lines[2:]])
        self.errors = None
        self.assertIn("1 waiting", self.command("retry", "evt_2"))
        self.assertEqual(["evt_2 1"], self.work())
        self.assertIn("2 waiting", self.command("retry", "all"))
        self.assertEqual(("evt_1 1", "There are no dead letters.\n"), (self.work()[0], self.command()))
        for arguments in (["retry"], ["list", "all"], ["retry", "evt_1"]):
            self.assertRegex(self.command(*arguments), "^failed: .+$")
        self.path += ".missing"
        self.assertRegex(self.command(), "^failed: .+INBOX_PATH.+$")
        self.assertFalse(os.path.exists(self.path))

    def test_ids_of_handled_events_are_remembered_for_keep_days_and_others_forever(self) -> None:
        self.bury("evt_dead")
        self.errors = None
        self.store("evt_1")
        self.work()
        self.store("evt_waits")
        for before, outcome in ((self.now, "duplicate"), (self.now + 1, "stored")):
            self.inbox.prune(before)
            self.assertEqual([outcome, "duplicate", "duplicate"], self.store("evt_1", "evt_dead", "evt_waits"))

    def test_a_claim_excludes_other_processes_until_it_is_settled(self) -> None:
        script = "import sys; from receiver.inbox import Inbox; print(Inbox(sys.argv[1]).claim(9e9) is not None)"
        command, results = [sys.executable, "-c", script, self.path], []
        self.store("evt_1")
        claim: Any = self.inbox.claim(self.now)
        for _ in range(2):
            results.append(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout.strip())
            self.inbox.settle(claim, "waiting", self.now)
        self.assertEqual([b"False", b"True"], results)
        # Another process has claimed it since, so this claim has no effect.
        self.inbox.settle(claim, "handled", self.now)
        self.assertEqual(1, self.inbox.counts()[0])

    def test_every_commit_is_on_disk_before_it_returns(self) -> None:
        with self.inbox._transaction() as connection:
            pragmas = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "journal_mode")]
        self.assertEqual([2, "wal"], pragmas)
