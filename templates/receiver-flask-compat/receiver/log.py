"""The log: one line of JSON on stdout per entry. Never pass it a secret, a signature or a body."""

import json
import time
import traceback
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path


def log(level: str, event: str, **fields: object) -> None:
    """Writes one entry. The level is "info", "warn" or "error"."""
    entry = {"time": iso_time(time.time()), "level": level, "event": event, **fields}
    with suppress(OSError):  # A closed stdout does not stop the receiver.
        # A single write, so that the lines of several threads do not mix.
        print(json.dumps(entry, separators=(",", ":")) + "\n", end="", flush=True)


def iso_time(seconds: float) -> str:
    """`2026-11-21T10:30:00.123Z` for seconds since 1970."""
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="milliseconds")[:-6] + "Z"


def describe(error: BaseException) -> str:
    """The type and message of an error and where it was raised, in one line."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    words = " ".join(f"{type(error).__name__}: {error}".split())[:500]
    return f"{words} ({Path(frame.filename).name}:{frame.lineno})"
