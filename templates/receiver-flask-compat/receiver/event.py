"""The event in a verified request, as it is stored and as a handler gets it."""

import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Generic, Mapping, NamedTuple, Optional, TypeVar
from urllib.parse import parse_qs

from .log import iso_time
from .verify import DIALECTS, Dialect

Data = TypeVar("Data")


@dataclass(frozen=True)
class Event(Generic[Data]):
    """What a handler gets. In `Event[OrderCreated]`, `data` is an OrderCreated."""

    id: str  # the same each time the sender repeats the event: use it as an idempotency key
    type: str  # empty when the sender does not specify one
    data: Data
    previous_data: Optional[Data]  # the data before the change, from senders that include it
    received_at: str  # ISO 8601
    attempt: int  # 1 for the first; higher after an error or a crash
    body: Any  # the complete body


Handler = Callable[[Event[Any]], None]

#: An event to store. `body` is its JSON text.
Envelope = NamedTuple("Envelope", [("id", str), ("type", str), ("body", str)])


class Unreadable(Exception):
    """The request does not contain an event. The arguments are a status and a message for the sender."""


def read_envelope(dialect: Dialect, headers: Mapping[str, str], body: bytes) -> Envelope:
    """The event in a verified request. Raises Unreadable."""
    media_type = headers.get("content-type", "").split(";")[0].strip().lower()
    try:
        text = body.decode("utf-8")
        if dialect["forms"] and media_type == "application/x-www-form-urlencoded":
            (text,) = parse_qs(text, keep_blank_values=True, errors="strict").get("payload", [])
        # Python's parser accepts NaN and Infinity, which are not JSON; int() refuses them.
        fields = json.loads(text, parse_constant=int)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise Unreadable(400, "The body is not a JSON object in UTF-8, or a form with one in its field payload.")
    event_id, event_type = (
        _storable(headers.get(place["header"]) if "header" in place else fields.get(place["field"]))
        for place in (dialect["id"], dialect["type"])
    )
    if event_id == "":
        raise Unreadable(400, "The body has no id: its field id must be a non-empty string.")
    return Envelope(event_id, event_type, text)


def read_event(row: Mapping[str, Any]) -> Event[Any]:
    """The event in a row of the inbox. Its data is None when the body has none."""
    dialect, body = DIALECTS[row["dialect"]], json.loads(row["body"])
    data = body
    for name in dialect["data"]:
        data = data.get(name) if isinstance(data, dict) else None
    if isinstance(data, dict):
        data = {name: value for name, value in data.items() if name not in dialect["data_without"]}
    previous_data = body.get("previous_data") if dialect["previous_data"] else None
    return Event(row["id"], row["type"], data, previous_data, iso_time(row["received_at"]), row["attempt"], body)


def _storable(text: object) -> str:
    # JSON can contain unpaired surrogates, which SQLite cannot store.
    return text if isinstance(text, str) and not re.search("[\ud800-\udfff]", text) else ""
