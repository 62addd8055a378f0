"""
Whether a request comes from somebody who knows the secret: a pure function over the raw bytes of the body.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from typing import Mapping, NamedTuple, Optional, Sequence

from .dialects import Dialect

#: As receivers of Standard Webhooks have it: long enough for clocks that disagree.
TOLERANCE_SECONDS = 300

KEY_PREFIX = "whsec_"
PUBLIC_KEY_PREFIX = "whpk_"


class Refusal(NamedTuple):
    """Why a request is refused. `detail` is for the log: it never holds a secret, a signature or a body."""

    reason: str
    detail: str


def verify(
    dialect: Dialect, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float
) -> Optional[Refusal]:
    """
    None when the request carries a valid signature of one of the secrets, made at most five minutes from
    `now` (seconds since 1970). Names of headers are in lower case. Signatures are compared as text in
    constant time.
    """
    keys = [key for key in (key_of(dialect, secret) for secret in secrets) if key is not None]
    if not keys:
        return Refusal("secret_unusable", "no secret can be used: check WEBHOOK_SECRET")

    needed = (dialect.id_header, dialect.timestamp_header, dialect.signature_header)
    missing = [name for name in needed if name is not None and not headers.get(name)]
    if missing:
        return Refusal("header_missing", f"{missing[0]} is missing or empty")

    signature = headers[dialect.signature_header]
    timestamp = _timestamp(dialect, headers, signature)
    if timestamp is not None:
        untimely = _judge_timestamp(timestamp, now)
        if untimely is not None:
            return untimely

    separator = dialect.signature_separator
    given = [signature] if separator is None else signature.split(separator)
    event_id = headers[dialect.id_header] if dialect.id_header is not None else ""
    message = _bytes(dialect.signed_prefix.format(id=event_id, timestamp=timestamp)) + body
    # Every pair is compared, so that the time tells nothing about which of them matched.
    matches = [
        hmac.compare_digest(_bytes(candidate), expected)
        for expected in [_signature(dialect, key, message) for key in keys]
        for candidate in given
    ]
    return None if any(matches) else _judge_mismatch(headers, body)


def key_of(dialect: Dialect, secret: str) -> Optional[bytes]:
    """The bytes that a secret signs with, or None for one that cannot be used."""
    if dialect.decodes_whsec and secret.startswith(PUBLIC_KEY_PREFIX):
        # An ed25519 public key: Python's standard library cannot verify with it.
        return None
    if dialect.decodes_whsec and secret.startswith(KEY_PREFIX):
        return _canonical_base64(secret[len(KEY_PREFIX) :])
    return _bytes(secret) or None


def _canonical_base64(text: str) -> Optional[bytes]:
    try:
        key = base64.b64decode(_bytes(text), validate=True)
    except binascii.Error:
        return None
    return key if key and base64.b64encode(key) == _bytes(text) else None


def _timestamp(dialect: Dialect, headers: Mapping[str, str], signature: str) -> Optional[str]:
    """The signed time; None in a dialect that signs none, empty when it does not stand there exactly once."""
    if dialect.timestamp_in_signature:
        times = [part[len("t=") :] for part in signature.split(",") if part.startswith("t=")]
        return times[0] if len(times) == 1 else ""
    return None if dialect.timestamp_header is None else headers[dialect.timestamp_header]


def _judge_timestamp(timestamp: str, now: float) -> Optional[Refusal]:
    if not re.fullmatch("[0-9]{1,12}", timestamp):
        return Refusal("timestamp_malformed", "the timestamp is not one number of whole seconds")
    behind = now - int(timestamp)
    if abs(behind) <= TOLERANCE_SECONDS:
        return None
    direction = "behind" if behind > 0 else "ahead of"
    return Refusal(
        "clock_off",
        f"the timestamp is {abs(behind):.0f} s {direction} this clock, {TOLERANCE_SECONDS} s are allowed: "
        "check both clocks; or it is a replay",
    )


def _signature(dialect: Dialect, key: bytes, message: bytes) -> bytes:
    if dialect.encoding == "none":
        return key
    digest = hmac.new(key, message, hashlib.sha256).digest()
    written = binascii.hexlify(digest) if dialect.encoding == "hex" else base64.b64encode(digest)
    return _bytes(dialect.signature_prefix) + written


def _judge_mismatch(headers: Mapping[str, str], body: bytes) -> Refusal:
    announced = headers.get("content-length")
    if announced is not None and announced != str(len(body)):
        return Refusal(
            "body_changed",
            f"content-length says {announced[:20]} bytes and {len(body)} came: "
            "something between the sender and here rewrote the body",
        )
    return Refusal(
        "signature_mismatch", "no signature matches: another secret, or the body was changed on its way"
    )


def _bytes(text: str) -> bytes:
    # Headers may hold anything; no text of theirs may raise here.
    return text.encode("utf-8", "surrogatepass")
