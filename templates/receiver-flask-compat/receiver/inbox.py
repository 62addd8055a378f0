"""The inbox: a SQLite file with every event, from before the response until it is handled."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

try:
    import fcntl
except ImportError:  # Windows, where only one process can use an inbox.
    fcntl = None  # type: ignore[assignment]

from .event import Envelope
from .settings import SettingsError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
  position INTEGER PRIMARY KEY AUTOINCREMENT, -- the order of arrival
  id TEXT NOT NULL UNIQUE,
  type TEXT NOT NULL,
  dialect TEXT NOT NULL,
  body TEXT, -- deleted once the event is handled
  received_at REAL NOT NULL, -- times are seconds since 1970
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'handled', 'dead')),
  state_at REAL NOT NULL DEFAULT 0, -- when a waiting event is due, or since when it is handled or dead
  attempts INTEGER NOT NULL DEFAULT 0,
  last_error TEXT
);
CREATE INDEX IF NOT EXISTS waiting ON events (position, state_at) WHERE state = 'waiting';
CREATE INDEX IF NOT EXISTS handled ON events (state_at) WHERE state = 'handled';
CREATE INDEX IF NOT EXISTS dead ON events (position) WHERE state = 'dead';
"""


class Inbox:
    """
    All access to the file. Every change is on disk when its method returns. Threads and processes may share
    the file. Times are seconds since 1970. Every method may raise sqlite3.Error.

    A process claims an event by locking the byte of its position in a second file. The kernel releases the
    lock when the process ends for any reason, so a claim ends with its process, and never earlier.
    """

    def __init__(self, path: str) -> None:
        """Creates the file if needed. Raises SettingsError when it cannot be opened."""
        self._path = path
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            # No other code may open this file: closing any handle of it releases the locks of its process.
            self._locks = open(f"{path}.locks", "ab")
            for statement in _SCHEMA.split(";"):
                self._execute(statement)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(f"The inbox {path} cannot be opened: {error}. Check INBOX_PATH.") from error
        self._file = _file_at(path)
        # This process may be forked, and SQLite does not support a connection across a fork.
        self._disconnect()

    def close(self) -> None:
        """Closes the files, and so ends the claims."""
        with self._mutex:
            self._disconnect()
            self._locks.close()

    def store(self, event: Envelope, dialect: str, limit: int, now: float) -> str:
        """Returns "stored", "duplicate" when the id is known, or "full" when `limit` events wait."""
        self.check_file()
        with self._transaction() as connection:
            known = connection.execute("SELECT count(*) FROM events WHERE id = ?", [event.id]).fetchone()
            waiting = connection.execute("SELECT count(*) FROM events WHERE state = 'waiting'").fetchone()
            outcome = "duplicate" if known[0] else "full" if waiting[0] >= limit else "stored"
            if outcome == "stored":
                insert = "INSERT INTO events (id, type, body, dialect, received_at) VALUES (?, ?, ?, ?, ?)"
                connection.execute(insert, [*event, dialect, now])
        self.check_file()  # It may have been deleted meanwhile.
        return outcome

    def claim(self, now: float) -> sqlite3.Row | None:
        """The first event that is due and that no other process has claimed; this attempt is counted."""
        with self._transaction() as connection:
            for row in connection.execute(
                "SELECT position, id, type, dialect, body, received_at, attempts + 1 AS attempt FROM events"
                " WHERE state = 'waiting' AND state_at <= ? ORDER BY position",
                [now],
            ):
                if self._lock(row["position"]):
                    update = "UPDATE events SET attempts = attempts + 1 WHERE position = ?"
                    connection.execute(update, [row["position"]])
                    return row
        return None

    def settle(self, claim: sqlite3.Row, state: str, at: float, error: str | None = None) -> None:
        """Ends a claim: the event is "waiting" until a time, or "handled" or "dead" since a time."""
        self._execute(
            "UPDATE events SET state = ?, state_at = ?, last_error = ?,"
            " body = CASE ? WHEN 'handled' THEN NULL ELSE body END WHERE position = ? AND attempts = ?",
            *(state, at, error, state, claim["position"], claim["attempt"]),
        )
        if fcntl is not None:
            fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, claim["position"])

    def dead_letters(self) -> list[sqlite3.Row]:
        """The id, type, attempts and last_error of each, in order of arrival."""
        query = "SELECT id, type, attempts, last_error FROM events WHERE state = 'dead' ORDER BY position"
        return self._execute(query)[0]

    def revive(self, event_id: str | None) -> int:
        """Makes a dead letter (all, for None) wait like a new event. Returns how many there were."""
        update = "UPDATE events SET state = 'waiting', attempts = 0, state_at = 0 WHERE state = 'dead'"
        return self._execute(f"{update} AND id = coalesce(?, id)", event_id)[1]

    def prune(self, handled_before: float, limit: int) -> int:
        """Deletes at most `limit` events that were handled before a time. Returns how many."""
        oldest = "SELECT position FROM events WHERE state = 'handled' AND state_at < ? LIMIT ?"
        return self._execute(f"DELETE FROM events WHERE position IN ({oldest})", handled_before, limit)[1]

    def counts(self) -> sqlite3.Row:
        """How many events are `waiting` and `dead`, and when the `oldest` that waits was received."""
        return self._execute(
            "SELECT (SELECT count(*) FROM events WHERE state = 'waiting') AS waiting,"
            " (SELECT count(*) FROM events WHERE state = 'dead') AS dead,"
            " (SELECT received_at FROM events WHERE state = 'waiting' ORDER BY position LIMIT 1) AS oldest"
        )[0][0]

    def check_file(self) -> None:
        """Raises sqlite3.Error when the file at the path is no longer the one that was opened."""
        if self._file in (None, _file_at(self._path)):
            return
        problem = f"{self._path} was deleted or replaced. Restore it, or restart the receiver with a new one."
        raise sqlite3.OperationalError(problem)

    def _execute(self, statement: str, *values: object) -> tuple[list[sqlite3.Row], int]:
        with self._transaction() as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall(), cursor.rowcount

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._mutex:
            try:
                self._connection = self._connection or self._connect()
                # Without IMMEDIATE, a transaction that reads before it writes fails beside another one.
                self._connection.execute("BEGIN IMMEDIATE")
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._disconnect()  # This rolls back, whatever state the connection is in.
                raise

    def _connect(self) -> sqlite3.Connection:
        self.check_file()
        connection = sqlite3.connect(self._path, timeout=5, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        # With NORMAL, a power failure could undo the last commits, which were acknowledged.
        connection.execute("PRAGMA synchronous = FULL")
        return connection

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _lock(self, position: int) -> bool:
        try:
            if fcntl is not None:
                fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, position)
        except OSError:
            return False
        return True


def _file_at(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
