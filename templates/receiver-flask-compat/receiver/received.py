"""What a handler gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Generic, Optional, TypeVar

Data = TypeVar("Data")


@dataclass(frozen=True)
class Received(Generic[Data]):
    """One event. `Received[OrderCreated]` is one whose `data` is an OrderCreated."""

    #: The same however often the sender sends it: the key to do a thing once.
    id: str
    #: Empty where the sender names none.
    type: str
    data: Data
    #: What `data` was before, from senders that tell.
    previous_data: Optional[Data]
    #: When it came, in ISO 8601.
    received_at: str
    #: 1 for the first; more after an error or after the process died meanwhile.
    attempt: int
    #: The whole body that was sent.
    body: Any


Handler = Callable[[Received[Any]], None]
