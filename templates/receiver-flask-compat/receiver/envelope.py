"""What stands where in a verified request."""

from __future__ import annotations

import json
from typing import Any, Dict, Mapping, NamedTuple, Optional
from urllib.parse import parse_qs

from .dialects import Dialect

FORM = "application/x-www-form-urlencoded"


class Unreadable(Exception):
    """Why a verified request is not an event, for the sender and the log."""


class Envelope(NamedTuple):
    """A request that can be stored. `text` is the JSON of its body."""

    id: str
    type: str
    text: str


def open_envelope(dialect: Dialect, headers: Mapping[str, str], body: bytes) -> Envelope:
    """The event in a verified request. Raises Unreadable."""
    text = _json_text(dialect, headers, body)
    parsed = parse(text)
    type_name = headers.get(dialect.type_header) if dialect.type_header else parsed.get(dialect.type_field)
    event_id = headers.get(dialect.id_header) if dialect.id_header else parsed.get("id")
    event = Envelope(_text(event_id), _text(type_name), text)
    if event.id == "":
        raise Unreadable(f"The body has no id: {dialect.name} needs a text in its field id.")
    return event


def parse(text: str) -> Dict[str, Any]:
    """The body as an object. Raises Unreadable."""
    try:
        parsed = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise Unreadable("The body is nested too deeply for Python's JSON parser.") from None
    except ValueError:
        raise Unreadable("The body is not JSON, or has a number that is too long.") from None
    if not isinstance(parsed, dict):
        raise Unreadable("The body is JSON but not an object.")
    return parsed


def data_of(dialect: Dialect, body: Dict[str, Any]) -> Any:
    """What a handler knows as data; None where the body has none."""
    data: Any = body
    for name in dialect.data_path:
        data = data.get(name) if isinstance(data, dict) else None
    if dialect.data_without and isinstance(data, dict):
        return {name: value for name, value in data.items() if name not in dialect.data_without}
    return data


def previous_data_of(dialect: Dialect, body: Dict[str, Any]) -> Any:
    """What the data was before; None from senders that do not tell."""
    return None if dialect.previous_data_field is None else body.get(dialect.previous_data_field)


def _json_text(dialect: Dialect, headers: Mapping[str, str], body: bytes) -> str:
    try:
        text = body.decode("utf-8")
        if not dialect.takes_forms or _media_type(headers) != FORM:
            return text
        payloads = parse_qs(text, keep_blank_values=True, errors="strict").get("payload", [])
    except ValueError:
        raise Unreadable("The body is not UTF-8.") from None
    if len(payloads) != 1:
        raise Unreadable("The body is a form without exactly one field payload.")
    return payloads[0]


def _media_type(headers: Mapping[str, str]) -> str:
    return headers.get("content-type", "").split(";")[0].strip().lower()


def _text(value: object) -> str:
    """
    A text that can be stored; empty for anything else. JSON can spell halves of characters, which cannot.
    """
    if not isinstance(value, str):
        return ""
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return ""
    return value


def _refuse_constant(name: str) -> Optional[float]:
    # Python's parser takes NaN and Infinity, which are no JSON.
    raise ValueError(name)
