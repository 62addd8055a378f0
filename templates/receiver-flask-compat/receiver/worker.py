"""The thread that passes waiting events to the handlers, in order of arrival."""

import atexit
import sqlite3
import threading
import time
from typing import Callable, Optional

from .event import Handler, read_event
from .inbox import Inbox
from .log import describe, log
from .settings import Settings

#: Seconds from each failure to the next attempt. Further attempts repeat the last delay.
RETRY_DELAYS = (1, 5, 30, 120, 600, 3600, 21_600)

#: How long a stop waits for requests, and then for the handler.
STOP_SECONDS = 10.0


class Worker:
    """One thread per process. Processes that share an inbox never handle the same event at the same time."""

    def __init__(self, settings: Settings, inbox: Inbox, find_handler: Callable[[str], Handler]) -> None:
        self._settings, self._inbox, self._find_handler = settings, inbox, find_handler
        self._starting = threading.Lock()
        self._stopping = threading.Event()
        self.thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self.wake = threading.Event()  #: Set it when an event was stored.
        self.clock = time.time

    def start(self) -> None:
        """Starts the thread, once. Call it after a fork, which does not copy threads."""
        with self._starting:
            if self.thread.ident is None and not self._stopping.is_set():
                self.thread.start()
                atexit.register(self.stop)

    def stop(self) -> None:
        """Takes no further events, waits up to STOP_SECONDS for the current handler, and closes the inbox."""
        self._stopping.set()
        self.wake.set()
        atexit.unregister(self.stop)
        if self.thread.is_alive():
            self.thread.join(STOP_SECONDS)
        if self.thread.is_alive():
            log("warn", "handler_not_finished", detail="its event is handled again after the next start")
        else:
            self._inbox.close()

    def handle_next(self) -> bool:
        """Passes one event that is due to its handler and records the result. False when there is none."""
        claim, error = self._inbox.claim(self.clock()), None
        if claim is None:
            return False
        try:
            # The attempt was counted by the claim, so an event that kills its process is not retried forever.
            if claim["attempt"] > self._settings.max_attempts:
                raise ChildProcessError("the process ended while the event was handled")
            self._find_handler(claim["type"])(read_event(claim))
        except (Exception, SystemExit) as raised:
            error = describe(raised)
        self._record(claim, error)
        return True

    def _record(self, claim: sqlite3.Row, error: Optional[str]) -> None:
        attempt = claim["attempt"]
        entry = {"id": claim["id"], "type": claim["type"], "attempt": attempt}
        if error is None:
            self._inbox.settle(claim, "handled", self.clock())
            log("info", "handled", **entry)
        elif attempt >= self._settings.max_attempts:
            self._inbox.settle(claim, "dead", self.clock(), error)
            log("error", "dead", **entry, error=error)
        else:
            delay = RETRY_DELAYS[min(attempt, len(RETRY_DELAYS)) - 1]
            self._inbox.settle(claim, "waiting", self.clock() + delay, error)
            log("warn", "handler_failed", **entry, error=error, retry_seconds=delay)

    def _run(self) -> None:
        while True:
            self.wake.clear()
            if self._stopping.is_set():
                return
            try:
                if self.handle_next():
                    continue
                self._inbox.prune(self.clock() - self._settings.keep_days * 86_400)
            except Exception as error:
                # The inbox is not available at the moment. Its events stay.
                log("error", "worker_failed", error=describe(error))
            self.wake.wait(1.0)
