"""The thread that hands waiting events to the handlers, in order of arrival."""

from __future__ import annotations

import atexit
import os
import threading
import time
from dataclasses import dataclass
from typing import Callable, Mapping, Optional

from .dialects import DIALECTS
from .envelope import data_of, parse, previous_data_of
from .inbox import Claim, Inbox
from .log import in_words, iso_time, log
from .received import Handler, Received
from .seat import Seat

#: 1 s, 5 s, 30 s, 2 min, 10 min, 1 h, 6 h after each failure; the last one again for attempts beyond.
RETRY_DELAYS = (1, 5, 30, 120, 600, 3600, 21_600)

#: How long a stop waits for what is under way.
STOP_SECONDS = 10.0

_DAY = 86_400
#: How often it looks for retries that came due and for events that other processes stored.
_POLL_SECONDS = 1.0
_FORGET_EVERY_SECONDS = 60.0
_FORGET_AT_ONCE = 500


@dataclass(frozen=True)
class Work:
    """What the worker works on, and how."""

    inbox: Inbox
    inbox_path: str
    handlers: Mapping[str, Handler]
    otherwise: Handler
    max_attempts: int
    keep_days: int
    #: Seconds since 1970.
    clock: Callable[[], float] = time.time


class Worker:
    """One thread in each process. Processes that share the inbox never take the same event."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._thread: Optional[threading.Thread] = None
        self._pid = 0
        self._starting = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._forget_at = 0.0

    def start(self) -> None:
        """Starts it where it does not run in this process. A fork leaves its thread behind: call it after."""
        if self._pid == os.getpid():
            return
        with self._starting:
            if self._pid != os.getpid() and not self._stopping.is_set():
                self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
                self._thread.start()
                atexit.register(self.stop)
                self._pid = os.getpid()

    def wake(self) -> None:
        """Says that an event was stored."""
        self._wake.set()

    def is_running(self) -> bool:
        """Whether this process still hands events to handlers."""
        return self._pid == os.getpid() and self._thread is not None and self._thread.is_alive()

    def take_no_more(self) -> None:
        """Lets the handler under way be the last."""
        self._stopping.set()
        self._wake.set()

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Takes no more events, waits some seconds for the handler under way, and closes the inbox."""
        self.take_no_more()
        atexit.unregister(self.stop)
        if self._thread is not None and self._pid == os.getpid():
            self._thread.join(seconds)
            if self._thread.is_alive():
                log("warn", "handler_left_running", detail="its event is handled again after the next start")
                return
        self._work.inbox.close()

    def handle_next(self, seat: Seat) -> bool:
        """Gives one event that is due to its handler and records how it went. False when there is none."""
        claim = self._work.inbox.claim(seat.number, seat.is_taken, self._work.clock())
        if claim is None:
            return False
        if claim.attempt > self._work.max_attempts:
            # Counted when it was claimed: an event that kills its process must not do so for ever.
            self._bury(claim, "the process ended while the event was handled")
            return True
        try:
            self._handle(claim)
        except (Exception, SystemExit) as error:
            self._record_failure(claim, error)
        else:
            self._work.inbox.mark_handled(claim, self._work.clock())
            log("info", "handled", id=claim.id, type=claim.type, attempt=claim.attempt)
        return True

    def forget(self) -> bool:
        """Forgets some ids that were handled too long ago. Whether there may be more."""
        before = self._work.clock() - self._work.keep_days * _DAY
        return self._work.inbox.forget(before, _FORGET_AT_ONCE) == _FORGET_AT_ONCE

    def _run(self) -> None:
        seat: Optional[Seat] = None
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                seat = seat or Seat(self._work.inbox_path)
                if self._step(seat):
                    continue
            except Exception as error:
                # The inbox cannot be read or written now. What is stored stays; go on when it can.
                log("error", "worker_failed", error=in_words(error))
            if not self._stopping.is_set():
                self._wake.wait(_POLL_SECONDS)
        if seat is not None:
            seat.leave()

    def _step(self, seat: Seat) -> bool:
        """Whether there may be more to do at once."""
        if time.monotonic() >= self._forget_at:
            more = self.forget()
            self._forget_at = time.monotonic() + (0 if more else _FORGET_EVERY_SECONDS)
        return self.handle_next(seat)

    def _handle(self, claim: Claim) -> None:
        dialect = DIALECTS[claim.dialect]
        body = parse(claim.body)
        event: Received[object] = Received(
            id=claim.id,
            type=claim.type,
            data=data_of(dialect, body),
            previous_data=previous_data_of(dialect, body),
            received_at=iso_time(claim.received_at),
            attempt=claim.attempt,
            body=body,
        )
        self._work.handlers.get(claim.type, self._work.otherwise)(event)

    def _record_failure(self, claim: Claim, error: BaseException) -> None:
        if claim.attempt >= self._work.max_attempts:
            self._bury(claim, in_words(error))
            return
        delay = RETRY_DELAYS[min(claim.attempt, len(RETRY_DELAYS)) - 1]
        self._work.inbox.retry_at(claim, self._work.clock() + delay, in_words(error))
        log("warn", "handler_failed", **_particulars(claim, in_words(error)), retry_seconds=delay)

    def _bury(self, claim: Claim, error: str) -> None:
        self._work.inbox.bury(claim, error)
        log("error", "dead", **_particulars(claim, error))


def _particulars(claim: Claim, error: str) -> Mapping[str, object]:
    return {"id": claim.id, "type": claim.type, "attempt": claim.attempt, "error": error}
