"""`python -m receiver.dead_letters` lists dead letters. With `retry <id>` or `retry all` they wait again."""

import json
import os
import sqlite3
import sys
from contextlib import closing
from typing import List

from .inbox import Inbox
from .settings import SettingsError, inbox_path, with_env_file


def main(arguments: List[str]) -> int:
    """Returns the exit code: 1 when it fails, 2 for wrong arguments."""
    if arguments not in ([], ["list"]) and (len(arguments) != 2 or arguments[0] != "retry"):
        return _fail("Usage: python -m receiver.dead_letters [list | retry <id> | retry all]", 2)
    path = inbox_path(with_env_file(os.environ))
    if not os.path.exists(path):
        return _fail(f"There is no inbox at {path}. Set INBOX_PATH to the one of the receiver.")
    try:
        with closing(Inbox(path)) as inbox:
            return _retry(inbox, arguments[1]) if arguments[:1] == ["retry"] else _list(inbox)
    except (SettingsError, sqlite3.Error) as error:
        return _fail(f"The inbox {path} cannot be used: {error}")


def _list(inbox: Inbox) -> int:
    letters = inbox.dead_letters()
    for letter in letters:
        # As JSON, ids and errors, which come from elsewhere, cannot send commands to the terminal.
        quoted = {name: json.dumps(letter[name]) for name in letter.keys()}
        print("{id}\t{type}\t{attempts} attempts\t{last_error}".format(**quoted))
    if not letters:
        print("There are no dead letters.")
    return 0


def _retry(inbox: Inbox, event_id: str) -> int:
    count = inbox.revive(None if event_id == "all" else event_id)
    if count == 0 and event_id != "all":
        return _fail(f"No dead letter has the id {json.dumps(event_id)}.")
    print(f"{count} waiting again. The receiver handles them within a second.")
    return 0


def _fail(message: str, code: int = 1) -> int:
    print(message, file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
