"""
`python -m receiver.dead_letters` lists the events that are not tried any more: id, type, attempts and last
error. `python -m receiver.dead_letters retry <id>`, or `retry all`, lets them wait again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from typing import List

from .inbox import Inbox
from .settings import inbox_path, with_env_file


def main(arguments: List[str]) -> int:
    """The exit code: 1 when it cannot be done, 2 when it was not understood."""
    path = inbox_path(with_env_file(os.environ))
    if not os.path.exists(path):
        print(f"There is no inbox at {path}. Set INBOX_PATH as the receiver has it.", file=sys.stderr)
        return 1
    inbox = Inbox(path)
    try:
        if arguments in ([], ["list"]):
            return _list(inbox)
        if len(arguments) == 2 and arguments[0] == "retry":
            return _retry(inbox, arguments[1])
    except sqlite3.Error as error:
        print(f"The inbox {path} cannot be used: {error}.", file=sys.stderr)
        return 1
    finally:
        inbox.close()
    print("Usage: python -m receiver.dead_letters [list | retry <id> | retry all]", file=sys.stderr)
    return 2


def _list(inbox: Inbox) -> int:
    letters = inbox.dead_letters()
    if not letters:
        print("There are no dead letters.")
    for letter in letters:
        # What stands in an id or an error came from elsewhere: in JSON it cannot play with the terminal.
        event_id, event_type, error = map(json.dumps, (letter.id, letter.type, letter.last_error))
        print(event_id, event_type, f"{letter.attempts} attempts", error, sep="\t")
    return 0


def _retry(inbox: Inbox, which: str) -> int:
    count = inbox.put_back(None if which == "all" else which)
    if count == 0 and which != "all":
        print(f"No dead letter has the id {json.dumps(which)}.", file=sys.stderr)
        return 1
    print(f"{count} put back. The receiver takes them within a second.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
