"""The dialects, and the verification of requests: a pure function of their headers and raw body."""

import base64
import binascii
import hmac
import json
import re
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

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


def verify(
    dialect: Dialect, secrets: Sequence[str], headers: Mapping[str, str], body: bytes, now: float
) -> Optional[Tuple[str, str]]:
    """
    None when the request has a valid signature by one of the secrets, created at most five minutes from `now`
    (seconds since 1970); otherwise a reason and its detail, which never contains a secret, a signature or a
    body. Header names are in lower case. Signatures are compared in constant time.
    """
    keys = [key for key in (signing_key(dialect, secret) for secret in secrets) if key]
    if not keys:
        return "secret_unusable", "no usable secret: check WEBHOOK_SECRET"
    id_header, time_header = dialect["id"].get("header"), dialect["timestamp"]
    for name in (id_header, time_header, dialect["signature"]):
        if name and not headers.get(name):
            return "header_missing", f"{name} is missing or empty"

    signed, prefix, separator, encode = _SCHEMES[dialect["scheme"]]
    signature = headers[dialect["signature"]]
    times = [headers[time_header]] if time_header else re.findall("(?:^|,)t=([^,]*)", signature)
    if "{timestamp}" in signed:
        if len(times) != 1 or not re.fullmatch("[0-9]{1,12}", times[0]):
            return "timestamp_malformed", "the timestamp is not a single number of whole seconds"
        ahead = int(times[0]) - now
        if abs(ahead) > TOLERANCE_SECONDS:
            return "clock_off", f"the timestamp is {ahead:+.0f} s from this clock: a wrong clock, or a replay"
        signed = signed.format(id=headers.get(id_header or ""), timestamp=times[0])

    digests = [hmac.digest(key, signed.encode() + body, "sha256") for key in keys]
    expected = [prefix.encode() + encode(digest) for digest in digests] if encode else keys
    candidates = signature.split(separator) if separator else [signature]
    # A list: every pair is compared, so that the time does not reveal which one matched.
    if any([hmac.compare_digest(given.encode(), one) for given in candidates for one in expected]):
        return None
    if headers.get("content-length", str(len(body))) != str(len(body)):
        return "body_changed", f"the body has {len(body)} bytes, which is not its content-length"
    return "signature_mismatch", "no signature matches: a different secret, or a changed body"


def signing_key(dialect: Dialect, secret: str) -> Optional[bytes]:
    """The key for a secret, or None when it is not usable."""
    if dialect["scheme"] != "standard" or not secret.startswith(("whsec_", "whpk_")):
        return secret.encode("utf-8", "surrogatepass") or None
    try:
        key = base64.b64decode(secret[len("whsec_") :], validate=True)
    except ValueError:
        return None
    return key if key and f"whsec_{base64.b64encode(key).decode()}" == secret else None
