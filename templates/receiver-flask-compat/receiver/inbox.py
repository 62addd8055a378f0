"""The inbox: a SQLite file with every event, from before the response until it is handled."""

import fcntl
import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Iterator, List, Optional, Tuple

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
    All access to the file, which threads and processes may share. Every change is on disk when its method
    returns. Times are seconds since 1970. Every method may raise sqlite3.Error. A process claims an event by
    locking the byte of its position in a second file. The kernel releases the lock when the process ends for
    any reason, so a claim ends with its process, and never earlier.
    """

    def __init__(self, path: str) -> None:
        """Creates the file if needed. Raises SettingsError when it cannot be opened."""
        self._path = path
        self._mutex = threading.Lock()
        self._connection: Optional[sqlite3.Connection] = None
        self._file: Optional[os.stat_result] = None
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            # No other code may open this file: closing any handle of it releases the locks of its process.
            self._locks = open(f"{path}.locks", "ab")
            for statement in _SCHEMA.split(";"):
                self._execute(statement)
        except (OSError, sqlite3.Error) as error:
            raise SettingsError(f"The inbox {path} cannot be opened: {error}. Check INBOX_PATH.") from error
        self._file = os.stat(path)
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

    def claim(self, now: float) -> Optional[sqlite3.Row]:
        """The first event that is due and that no other process has claimed; this attempt is counted."""
        with self._transaction() as connection:
            for row in connection.execute(
                "SELECT position, id, type, dialect, body, received_at, attempts + 1 AS attempt FROM events"
                " WHERE state = 'waiting' AND state_at <= ? ORDER BY position",
                [now],
            ):
                with suppress(OSError):  # Another process has claimed it.
                    fcntl.lockf(self._locks, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row["position"])
                    update = "UPDATE events SET attempts = attempts + 1 WHERE position = ?"
                    connection.execute(update, [row["position"]])
                    return row
        return None

    def settle(self, claim: sqlite3.Row, state: str, at: float, error: Optional[str] = None) -> None:
        """Ends a claim: the event is "waiting" until a time, or "handled" or "dead" since a time."""
        self._execute(
            "UPDATE events SET state = ?, state_at = ?, last_error = ?,"
            " body = CASE ? WHEN 'handled' THEN NULL ELSE body END WHERE position = ? AND attempts = ?",
            *(state, at, error, state, claim["position"], claim["attempt"]),
        )
        fcntl.lockf(self._locks, fcntl.LOCK_UN, 1, claim["position"])

    def dead_letters(self) -> List[sqlite3.Row]:
        """The id, type, attempts and last_error of each, in order of arrival."""
        query = "SELECT id, type, attempts, last_error FROM events WHERE state = 'dead' ORDER BY position"
        return self._execute(query)[0]

    def revive(self, event_id: Optional[str]) -> int:
        """Makes a dead letter (all, for None) wait like a new event. Returns how many there were."""
        update = "UPDATE events SET state = 'waiting', attempts = 0, state_at = 0 WHERE state = 'dead'"
        return self._execute(f"{update} AND id = coalesce(?, id)", event_id)[1]

    def prune(self, handled_before: float) -> None:
        """Deletes events that were handled before a time: at most 500, to let requests through."""
        oldest = "SELECT position FROM events WHERE state = 'handled' AND state_at < ? LIMIT 500"
        self._execute(f"DELETE FROM events WHERE position IN ({oldest})", handled_before)

    def counts(self) -> sqlite3.Row:
        """How many events are waiting, how many are dead, and when the oldest waiting one was received."""
        return self._execute(
            "SELECT (SELECT count(*) FROM events WHERE state = 'waiting'),"
            " (SELECT count(*) FROM events WHERE state = 'dead'),"
            " (SELECT received_at FROM events WHERE state = 'waiting' ORDER BY position LIMIT 1)"
        )[0][0]

    def check_file(self) -> None:
        """Raises sqlite3.Error when the file at the path is no longer the one that was opened."""
        with suppress(OSError):
            if self._file is None or os.path.samestat(self._file, os.stat(self._path)):
                return
        raise sqlite3.OperationalError(f"{self._path} was deleted or replaced. Restore it, or restart the receiver.")

    def _execute(self, statement: str, *values: object) -> Tuple[List[sqlite3.Row], int]:
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
