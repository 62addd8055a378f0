"""`python -m receiver.dead_letters` lists dead letters. With `retry <id>` or `retry all` they wait again."""

import json
import os
import sqlite3
import sys
from contextlib import closing
from typing import List

from .inbox import Inbox
from .settings import DEFAULT_INBOX, SettingsError, with_env_file


def main(arguments: List[str]) -> None:
    """Exits with code 1 and a message when it fails."""
    path = with_env_file(os.environ).get("INBOX_PATH") or DEFAULT_INBOX
    if not os.path.exists(path):
        sys.exit(f"There is no inbox at {path}. Set INBOX_PATH to the one of the receiver.")
    try:
        with closing(Inbox(path)) as inbox:
            if arguments in ([], ["list"]):
                _list(inbox)
            elif len(arguments) == 2 and arguments[0] == "retry":
                count = inbox.revive(None if arguments[1] == "all" else arguments[1])
                print(f"{count} waiting again. The receiver handles them within a second.")
                sys.exit(0 if count or arguments[1] == "all" else "No dead letter has this id.")
            else:
                sys.exit("Usage: python -m receiver.dead_letters [list | retry <id> | retry all]")
    except (SettingsError, sqlite3.Error) as error:
        sys.exit(f"The inbox {path} cannot be used: {error}")


def _list(inbox: Inbox) -> None:
    letters = inbox.dead_letters()
    for letter in letters:
        # As JSON, ids and errors, which come from elsewhere, cannot send commands to the terminal.
        quoted = {name: json.dumps(letter[name]) for name in letter.keys()}
        print("{id}\t{type}\t{attempts} attempts\t{last_error}".format(**quoted))
    if not letters:
        print("There are no dead letters.")


if __name__ == "__main__":
    main(sys.argv[1:])
