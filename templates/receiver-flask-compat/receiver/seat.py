"""
A process that handles events holds a seat: one byte of a file beside the inbox, locked as long as the process
lives. The kernel frees the lock when the process ends, however it ends, so nobody has to guess a time after
which a claim is void: an event that a killed process had claimed is free at once, and one whose handler takes
an hour stays claimed for that hour. It is the kind of lock that SQLite keeps on the inbox itself, so it works
wherever the inbox does.
"""

from __future__ import annotations

import os
from types import ModuleType
from typing import Optional

_fcntl: Optional[ModuleType]
try:
    import fcntl as _fcntl
except ImportError:
    # Windows. There is no gunicorn either, so the one process that can run takes everything as its own.
    _fcntl = None

#: More processes than one inbox will ever have.
_SEATS = 1024


class Seat:
    """
    The seat of this process. It holds one of an inbox at a time, and no other code may open the file: closing
    any handle of it would free the lock.
    """

    def __init__(self, inbox_path: str) -> None:
        self._file = os.open(
            f"{inbox_path}.seats", os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666
        )
        for number in range(1, _SEATS + 1):
            if self._lock(number):
                self.number = number
                return
        os.close(self._file)
        raise OSError(f"All {_SEATS} seats of {inbox_path} are taken: too many processes share it.")

    def is_taken(self, number: int) -> bool:
        """Whether another living process holds a seat. Not to be asked of the own one."""
        if not self._lock(number):
            return True
        if _fcntl is not None:
            _fcntl.lockf(self._file, _fcntl.LOCK_UN, 1, number)
        return False

    def leave(self) -> None:
        """Frees the seat, and with it what was claimed from it."""
        os.close(self._file)

    def _lock(self, number: int) -> bool:
        if _fcntl is None:
            return True
        try:
            _fcntl.lockf(self._file, _fcntl.LOCK_EX | _fcntl.LOCK_NB, 1, number)
        except OSError:
            return False
        return True
