"""One line of JSON on stdout for everything worth knowing. Never give it a secret, a signature or a body."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from datetime import datetime, timezone

_ERROR_CHARACTERS = 500


def log(level: str, event: str, **fields: object) -> None:
    """Writes one line: when, how grave ("info", "warn" or "error"), what happened, and its particulars."""
    entry = {"time": iso_time(time.time()), "level": level, "event": event, **fields}
    line = json.dumps(entry, separators=(",", ":"))
    try:
        # One call, so that lines of several threads do not mix.
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
    except OSError:
        # Nobody reads any more. An event is not refused for that.
        pass


def iso_time(seconds: float) -> str:
    """`2026-11-21T10:30:00.123Z` for seconds since 1970."""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def in_words(error: BaseException) -> str:
    """What an error says and where it was raised, in one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}:{frames[-1].lineno})" if frames else ""
    words = " ".join(f"{type(error).__name__}: {error}".split())
    return words[:_ERROR_CHARACTERS] + place
