"""`python -m receiver.dead_letters` lists dead letters; with `retry <id>` or `retry all` they wait again."""

import json
import os
import sqlite3
import sys
from contextlib import closing

from .inbox import Inbox
from .settings import DEFAULT_INBOX, SettingsError, with_env_file


def main(*arguments: str) -> None:
    path = with_env_file(os.environ).get("INBOX_PATH") or DEFAULT_INBOX
    if not os.path.exists(path):
        sys.exit(f"There is no inbox at {path}. Set INBOX_PATH to the one of the receiver.")
    try:
        with closing(Inbox(path)) as inbox:
            if not arguments:
                # As JSON, ids and errors, which come from elsewhere, cannot send commands to the terminal.
                lines = ["\t".join(map(json.dumps, letter)) for letter in inbox.dead_letters()]
                print("\n".join(lines) or "There are no dead letters.")
            elif len(arguments) == 2 and arguments[0] == "retry":
                count = inbox.revive(None if arguments[1] == "all" else arguments[1])
                if count == 0 and arguments[1] != "all":
                    sys.exit(f"No dead letter has the id {json.dumps(arguments[1])}.")
                print(f"{count} waiting again. The receiver handles them within a second.")
            else:
                sys.exit("Usage: python -m receiver.dead_letters [retry <id> | retry all]")
    except (SettingsError, sqlite3.Error) as error:
        sys.exit(f"The inbox {path} cannot be used: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
