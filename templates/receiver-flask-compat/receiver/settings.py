"""The settings: environment variables, all checked before the receiver starts."""

import re
from pathlib import Path
from typing import Mapping, NamedTuple

from .verify import DIALECTS, signing_key

DEFAULT_INBOX = "data/inbox.db"

#: Default, minimum and maximum of each number.
_NUMBERS = {
    "PORT": (3000, 0, 65_535),
    "INBOX_LIMIT": (10_000, 1, 100_000_000),
    "MAX_ATTEMPTS": (8, 1, 1000),
    # An id must be remembered as long as its sender may retry: up to 94.5 hours on the standard schedule.
    "KEEP_DAYS": (14, 4, 36_500),
}


class SettingsError(Exception):
    """A message of one line for the person who starts the receiver. It never contains a secret."""


class Settings(NamedTuple):
    dialect: str
    secrets: tuple[str, ...]  # the current one first
    host: str
    inbox_path: str
    port: int
    inbox_limit: int
    max_attempts: int
    keep_days: int


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings. Raises SettingsError, which names the variable, the problem and the solution."""
    dialect = environ.get("WEBHOOK_DIALECT") or "standard"
    if dialect not in DIALECTS:
        raise SettingsError(f'WEBHOOK_DIALECT is "{dialect}". Set it to one of: {", ".join(DIALECTS)}.')
    current = environ.get("WEBHOOK_SECRET", "")
    if current == "":
        raise SettingsError("WEBHOOK_SECRET is not set. Set it to the secret that the sender showed.")
    previous = (secret.strip() for secret in environ.get("WEBHOOK_PREVIOUS_SECRETS", "").split(","))
    secrets = (current, *filter(None, previous))
    for index, secret in enumerate(secrets):
        if signing_key(DIALECTS[dialect], secret) is None:
            name = "WEBHOOK_PREVIOUS_SECRETS" if index else "WEBHOOK_SECRET"
            kind = "an ed25519 key" if secret.startswith("whpk_") else "not a usable secret"
            raise SettingsError(f'{name} is {kind}. Set it to a secret of "whsec_" and the base64 of a key.')
    numbers = {name.lower(): _number(environ, name) for name in _NUMBERS}
    host, inbox_path = environ.get("HOST") or "0.0.0.0", environ.get("INBOX_PATH") or DEFAULT_INBOX
    return Settings(dialect, secrets, host, inbox_path, **numbers)


def with_env_file(environ: Mapping[str, str], path: str = ".env") -> Mapping[str, str]:
    """The environment, completed by the lines `NAME=value` of a file if it exists."""
    text = Path(path).read_text("utf-8") if Path(path).exists() else ""
    line = r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*([\"']?)(.*?)\2[ \t]*$"
    return {**{name: value for name, _, value in re.findall(line, text, re.MULTILINE)}, **environ}


def _number(environ: Mapping[str, str], name: str) -> int:
    default, minimum, maximum = _NUMBERS[name]
    text = environ.get(name) or str(default)
    if re.fullmatch("[0-9]{1,9}", text) and minimum <= int(text) <= maximum:
        return int(text)
    raise SettingsError(f'{name} is "{text}". Set it to a whole number from {minimum} to {maximum}.')
