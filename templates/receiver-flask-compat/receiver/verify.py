"""The dialects, and the verification of requests: a pure function of their headers and raw body."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from pathlib import Path
from typing import Any, Dict, Mapping, NamedTuple, Sequence

#: An entry of dialects.json. Header names are in lower case.
Dialect = Dict[str, Any]

DIALECTS: Dict[str, Dialect] = json.loads(Path(__file__).with_name("dialects.json").read_text("utf-8"))

#: How far the clocks may differ.
TOLERANCE_SECONDS = 300

#: For each scheme: what is signed before the body, the prefix of a signature, the separator between several
#: signatures, and the encoding of the HMAC-SHA256. In the scheme "plain" the header contains the secret.
_SCHEMES = {
    "standard": ("{id}.{timestamp}.", "v1,", " ", base64.b64encode),
    "stripe": ("{timestamp}.", "v1=", ",", binascii.hexlify),
    "slack": ("v0:{timestamp}:", "v0=", None, binascii.hexlify),
    "base64": ("", "", None, base64.b64encode),
    "hex": ("", "", None, binascii.hexlify),
    "sha256=hex": ("", "sha256=", None, binascii.hexlify),
    "plain": ("", "", None, None),
}


class Refusal(NamedTuple):
    """Why a request is refused. The detail never contains a secret, a signature or a body."""

    reason: str
    detail: str


def verify(
    dialect: Dialect, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float
) -> Refusal | None:
    """
    None when the request has a valid signature by one of the secrets, created at most five minutes from `now`
    (seconds since 1970). Header names are in lower case. Signatures are compared in constant time.
    """
    keys = [key for key in (signing_key(dialect, secret) for secret in secrets) if key]
    if not keys:
        return Refusal("secret_unusable", "no usable secret: check WEBHOOK_SECRET")
    id_header, time_header = dialect["id"].get("header"), dialect["timestamp"]
    for name in (id_header, time_header, dialect["signature"]):
        if name and not headers.get(name):
            return Refusal("header_missing", f"{name} is missing or empty")

    signed, prefix, separator, encode = _SCHEMES[dialect["scheme"]]
    signature = headers[dialect["signature"]]
    times = [headers[time_header]] if time_header else re.findall("(?:^|,)t=([^,]*)", signature)
    if "{timestamp}" in signed:
        if len(times) != 1 or not re.fullmatch("[0-9]{1,12}", times[0]):
            return Refusal("timestamp_malformed", "the timestamp is not a single number of whole seconds")
        ahead = int(times[0]) - now
        if abs(ahead) > TOLERANCE_SECONDS:
            detail = f"the timestamp differs from this clock by {ahead:+.0f} s: a wrong clock, or a replay"
            return Refusal("clock_off", detail)
        signed = signed.format(id=headers.get(id_header or ""), timestamp=times[0])

    message = _bytes(signed) + body
    expected = keys
    if encode is not None:
        expected = [_bytes(prefix) + encode(hmac.digest(key, message, "sha256")) for key in keys]
    candidates = signature.split(separator) if separator else [signature]
    # Compares every pair, so that the time does not reveal which one matched.
    matches = [hmac.compare_digest(_bytes(given), one) for given in candidates for one in expected]
    if any(matches):
        return None
    if headers.get("content-length", str(len(body))) != str(len(body)):
        return Refusal("body_changed", f"the body has {len(body)} bytes, which is not its content-length")
    return Refusal("signature_mismatch", "no signature matches: a different secret, or a changed body")


def signing_key(dialect: Dialect, secret: str) -> bytes | None:
    """The key for a secret, or None when it is not usable."""
    if dialect["scheme"] != "standard" or not secret.startswith(("whsec_", "whpk_")):
        return _bytes(secret) or None
    try:
        key = base64.b64decode(secret[len("whsec_") :], validate=True)
    except ValueError:
        return None
    return key if key and f"whsec_{base64.b64encode(key).decode()}" == secret else None


def _bytes(text: str) -> bytes:
    # No header value or secret may raise an error here.
    return text.encode("utf-8", "surrogatepass")
