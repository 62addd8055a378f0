"""What the environment says, checked once before anything starts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, NamedTuple, Tuple

from .dialects import DIALECTS, Dialect
from .verify import PUBLIC_KEY_PREFIX, key_of


class SettingsError(Exception):
    """One line for the person who starts the receiver. It never holds a secret."""


@dataclass(frozen=True)
class Settings:
    """Everything that can be set."""

    dialect: Dialect
    #: The current secret first.
    secrets: Tuple[str, ...]
    host: str
    port: int
    #: How many proxies stand before it.
    trust_proxy: int
    inbox_path: str
    inbox_limit: int
    rate_limit: int
    max_attempts: int
    keep_days: int


class _Range(NamedTuple):
    default: int
    least: int
    most: int


_PORT = _Range(3000, 0, 65_535)
_TRUST_PROXY = _Range(0, 0, 100)
_INBOX_LIMIT = _Range(10_000, 1, 100_000_000)
_RATE_LIMIT = _Range(1000, 0, 1_000_000)
_MAX_ATTEMPTS = _Range(8, 1, 1000)
# An id must be remembered as long as its sender may try again. The standard schedule takes 75.6 hours and up
# to 25 % more: 94.5 hours, so 4 days at least.
_KEEP_DAYS = _Range(14, 4, 36_500)


def read_settings(environ: Mapping[str, str]) -> Settings:
    """The settings, or a SettingsError that says which variable is wrong, how, and what to do."""
    dialect = _dialect(environ)
    return Settings(
        dialect=dialect,
        secrets=(_current_secret(environ, dialect), *_previous_secrets(environ, dialect)),
        host=environ.get("HOST") or "0.0.0.0",
        port=_number(environ, "PORT", _PORT),
        trust_proxy=_number(environ, "TRUST_PROXY", _TRUST_PROXY),
        inbox_path=inbox_path(environ),
        inbox_limit=_number(environ, "INBOX_LIMIT", _INBOX_LIMIT),
        rate_limit=_number(environ, "RATE_LIMIT", _RATE_LIMIT),
        max_attempts=_number(environ, "MAX_ATTEMPTS", _MAX_ATTEMPTS),
        keep_days=_number(environ, "KEEP_DAYS", _KEEP_DAYS),
    )


def inbox_path(environ: Mapping[str, str]) -> str:
    """Where the inbox is."""
    return environ.get("INBOX_PATH") or "data/inbox.db"


def with_env_file(environ: Mapping[str, str], path: str = ".env") -> Mapping[str, str]:
    """The environment and, for what it leaves open, the `NAME=value` lines of a file if there is one."""
    try:
        text = Path(path).read_text("utf-8")
    except FileNotFoundError:
        return environ
    pairs = re.findall(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(.*?)[ \t]*$", text, re.MULTILINE)
    return {**{name: _unquoted(value) for name, value in pairs}, **environ}


def _unquoted(value: str) -> str:
    quoted = re.fullmatch(r"([\"'])(.*)\1", value)
    return quoted.group(2) if quoted else value


def _dialect(environ: Mapping[str, str]) -> Dialect:
    name = environ.get("WEBHOOK_DIALECT") or "standard"
    if name not in DIALECTS:
        raise SettingsError(f'WEBHOOK_DIALECT is "{name}". Set it to one of: {", ".join(DIALECTS)}.')
    return DIALECTS[name]


def _current_secret(environ: Mapping[str, str], dialect: Dialect) -> str:
    secret = environ.get("WEBHOOK_SECRET", "")
    if secret == "":
        raise SettingsError(
            "WEBHOOK_SECRET is not set. Set it in the environment (or, for local work, in .env) to the "
            "secret that the sender showed when the webhook was registered: in Bellwire it is `secret` in "
            "the answer to POST /v1/webhooks."
        )
    _refuse_unusable("WEBHOOK_SECRET", secret, dialect)
    return secret


def _previous_secrets(environ: Mapping[str, str], dialect: Dialect) -> Tuple[str, ...]:
    name = "WEBHOOK_PREVIOUS_SECRETS"
    stripped = (secret.strip() for secret in environ.get(name, "").split(","))
    secrets = tuple(secret for secret in stripped if secret)
    for secret in secrets:
        _refuse_unusable(name, secret, dialect)
    return secrets


def _refuse_unusable(name: str, secret: str, dialect: Dialect) -> None:
    if dialect.decodes_whsec and secret.startswith(PUBLIC_KEY_PREFIX):
        raise SettingsError(
            f'{name} begins with "whpk_": an ed25519 public key, and the standard library of Python cannot '
            'verify with one. Register the webhook with a "whsec_" secret, or take the Express receiver.'
        )
    if key_of(dialect, secret) is None:
        raise SettingsError(
            f'{name} begins with "whsec_" but does not go on with the base64 of a key. '
            "Copy it once more, whole and without spaces, from the sender."
        )


def _number(environ: Mapping[str, str], name: str, allowed: _Range) -> int:
    text = environ.get(name, "")
    if text == "":
        return allowed.default
    number = int(text) if re.fullmatch("[0-9]{1,9}", text) else -1
    if not allowed.least <= number <= allowed.most:
        raise SettingsError(
            f'{name} is "{text}". Set it to a whole number from {allowed.least} to {allowed.most}, '
            f"or leave it out for {allowed.default}."
        )
    return number
