"""The inbox: a SQLite file that holds every event from before it is answered until it is handled."""

from __future__ import annotations

import math
import os
import sqlite3
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

from .envelope import Envelope
from .log import log
from .settings import SettingsError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of arrival
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  dialect TEXT NOT NULL,
  body TEXT, -- dropped when the event is handled: then only the id is remembered
  received_at REAL NOT NULL, -- times are seconds since 1970
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'handled', 'dead')),
  due_at REAL NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  seat INTEGER, -- of the process whose handler runs now
  handled_at REAL,
  last_error TEXT
);
CREATE INDEX IF NOT EXISTS waiting ON events (position, due_at, seat) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS claimed ON events (seat) WHERE state = 'waiting' AND seat IS NOT NULL;
CREATE INDEX IF NOT EXISTS handled ON events (handled_at) WHERE state = 'handled';
CREATE INDEX IF NOT EXISTS dead ON events (position) WHERE state = 'dead';
"""

#: How long a statement waits for another process before it fails.
_BUSY_SECONDS = 5

#: How often it is made sure, before something is stored, that the file is still there.
_LOOK_SECONDS = 1.0


class InboxLost(sqlite3.Error):
    """The file at the path is not the one that was opened: what is stored now nobody would find again."""


class Claim(NamedTuple):
    """An event that nobody else takes while this process lives."""

    position: int
    seat: int
    id: str
    type: str
    dialect: str
    body: str
    received_at: float
    attempt: int


class DeadLetter(NamedTuple):
    """An event that is not tried any more."""

    id: str
    type: str
    attempts: int
    last_error: str


class Counts(NamedTuple):
    """What `/healthz` tells."""

    waiting: int
    dead: int
    oldest_waiting_at: Optional[float]


def open_inbox(path: str) -> Inbox:
    """The inbox at a path, made where there is none. Raises SettingsError when that cannot be done."""
    inbox = Inbox(path)
    try:
        inbox.prepare()
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"The inbox {path} cannot be opened: {error}. Check INBOX_PATH.") from error
    return inbox


class Inbox:
    """
    All that is ever read from or written to the file. Every change is on the disk when its method returns.
    Threads and processes may share it. Times are seconds since 1970. Every method may raise sqlite3.Error.

    A process has one connection, used by one thread at a time: SQLite writes one transaction at a time
    anyway, and threads that queue at a lock waste less than connections that poll the file.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._connection: Optional[sqlite3.Connection] = None
        self._pid = 0
        self._file: Optional[Tuple[int, int]] = None
        self._looked_at = -math.inf
        self._is_lost = False

    def prepare(self) -> None:
        """Makes the file and its tables if need be. No connection stays open, since a fork would copy it."""
        Path(self._path).parent.mkdir(parents=True, exist_ok=True)
        with self._transaction() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
        self.close()

    def close(self) -> None:
        """Closes the connection; the next use opens another."""
        with self._lock:
            self._close()

    def store(self, event: Envelope, dialect: str, limit: int, now: float) -> str:
        """
        "stored"; "duplicate" when the id is known, whatever became of it; "full" when `limit` events wait
        already. Raises InboxLost.
        """
        with self._transaction(look_after=_LOOK_SECONDS) as connection:
            if connection.execute("SELECT 1 FROM events WHERE id = ?", [event.id]).fetchone():
                return "duplicate"
            (waiting,) = connection.execute("SELECT count(*) FROM events WHERE state = 'waiting'").fetchone()
            if waiting >= limit:
                return "full"
            connection.execute(
                # Due at any time, so that a clock that is set back keeps nothing waiting.
                "INSERT INTO events (id, type, dialect, body, received_at, due_at) VALUES (?, ?, ?, ?, ?, 0)",
                [event.id, event.type, dialect, event.text, now],
            )
            return "stored"

    def claim(self, seat: int, is_taken: Callable[[int], bool], now: float) -> Optional[Claim]:
        """
        The first event that is due, counted as one more attempt. What a process claimed that holds its seat
        no more is free again; so is what this seat claimed before, for it handles one event at a time.
        """
        with self._transaction() as connection:
            seats = connection.execute(
                "SELECT DISTINCT seat FROM events WHERE state = 'waiting' AND seat IS NOT NULL AND seat <> ?",
                [seat],
            ).fetchall()
            taken = [other for (other,) in seats if is_taken(other)]
            marks = ", ".join("?" * len(taken))
            row = connection.execute(
                "SELECT position, id, type, dialect, body, received_at, attempts + 1 FROM events"
                f" WHERE state = 'waiting' AND due_at <= ? AND (seat IS NULL OR seat NOT IN ({marks}))"
                " ORDER BY position LIMIT 1",
                [now, *taken],
            ).fetchone()
            if row is None:
                return None
            position, *event = row
            connection.execute(
                "UPDATE events SET seat = ?, attempts = attempts + 1 WHERE position = ?", [seat, position]
            )
            return Claim(position, seat, *event)

    def mark_handled(self, claim: Claim, now: float) -> None:
        """The event is done; its id is remembered from `now`."""
        self._settle(claim, "state = 'handled', handled_at = ?, body = NULL, last_error = NULL", [now])

    def retry_at(self, claim: Claim, due_at: float, error: str) -> None:
        """The event waits again, at its old place in the order, until `due_at`."""
        self._settle(claim, "due_at = ?, last_error = ?", [due_at, error])

    def bury(self, claim: Claim, error: str) -> None:
        """The event becomes a dead letter."""
        self._settle(claim, "state = 'dead', last_error = ?", [error])

    def dead_letters(self) -> List[DeadLetter]:
        """All of them, in order of arrival."""
        with self._transaction() as connection:
            rows = connection.execute(
                "SELECT id, type, attempts, last_error FROM events WHERE state = 'dead' ORDER BY position"
            ).fetchall()
        return [DeadLetter(*row) for row in rows]

    def put_back(self, event_id: Optional[str]) -> int:
        """Lets one dead letter, or with None all, wait as if they had just come. How many there were."""
        with self._transaction() as connection:
            return connection.execute(
                "UPDATE events SET state = 'waiting', attempts = 0, due_at = 0"
                " WHERE state = 'dead' AND (? IS NULL OR id = ?)",
                [event_id, event_id],
            ).rowcount

    def forget(self, handled_before: float, most: int) -> int:
        """Forgets at most `most` ids that were handled before a time. How many it forgot."""
        with self._transaction() as connection:
            return connection.execute(
                "DELETE FROM events WHERE position IN"
                " (SELECT position FROM events WHERE state = 'handled' AND handled_at < ? LIMIT ?)",
                [handled_before, most],
            ).rowcount

    def counts(self) -> Counts:
        """How much waits, how much is dead, and since when the oldest waits. Raises InboxLost."""
        with self._transaction(look_after=0.0) as connection:
            row = connection.execute(
                "SELECT (SELECT count(*) FROM events WHERE state = 'waiting'),"
                " (SELECT count(*) FROM events WHERE state = 'dead'),"
                " (SELECT received_at FROM events WHERE state = 'waiting' ORDER BY position LIMIT 1)"
            ).fetchone()
        return Counts(*row)

    def _settle(self, claim: Claim, change: str, values: List[object]) -> None:
        # Only while the claim is this one: whoever lost it has nothing to say about the event any more.
        with self._transaction() as connection:
            connection.execute(
                f"UPDATE events SET seat = NULL, {change} WHERE position = ? AND seat = ? AND attempts = ?",
                [*values, claim.position, claim.seat, claim.attempt],
            )

    @contextmanager
    def _transaction(self, look_after: Optional[float] = None) -> Iterator[sqlite3.Connection]:
        with self._lock:
            # Before the connection: it stays open, so that what was stored in a lost file is still handled.
            if look_after is not None and time.monotonic() - self._looked_at >= look_after:
                self._look()
            connection = self._open()
            try:
                # IMMEDIATE: a transaction that reads first and writes then would fail, not wait, beside
                # another.
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                # Whatever state it is in, closing it rolls back.
                self._close()
                raise

    def _open(self) -> sqlite3.Connection:
        if self._connection is None or self._pid != os.getpid():
            if self._file is not None:
                self._look()
            connection = sqlite3.connect(
                self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            # Not NORMAL: that could lose the last commits, already answered, when the power fails.
            connection.execute("PRAGMA synchronous = FULL")
            self._connection, self._pid = connection, os.getpid()
            self._file = _file_at(self._path)
        return self._connection

    def _look(self) -> None:
        if self._file is None or _file_at(self._path) == self._file:
            self._looked_at = time.monotonic()
            return
        self._looked_at = -math.inf
        error = InboxLost(
            f"{self._path} was deleted or replaced while the receiver ran. Nothing more is accepted: put the "
            "file back, or restart the receiver to begin with the one that is there."
        )
        if not self._is_lost:
            self._is_lost = True
            log("error", "inbox_lost", detail=str(error))
        raise error

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _file_at(path: str) -> Optional[Tuple[int, int]]:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
