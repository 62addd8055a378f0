"""
What happens with each event: this file is yours. The receiver uses HANDLERS, with one function for each event
type, and `otherwise` for all other types.

When a handler raises an error, it runs again after 1 s, 5 s, 30 s, 2 min, 10 min, 1 h and 6 h; then the event
is a dead letter. It may also run again after a crash, so use `event.id` to do everything only once. Set
timeouts on requests and queries: each process runs one handler at a time.
"""

from typing import Any, Dict, TypedDict

from .event import Event, Handler
from .log import log


class OrderCreated(TypedDict):
    order: Dict[str, Any]


def order_created(event: Event[OrderCreated]) -> None:
    log("info", "order_created", id=event.id, order=event.data["order"].get("id"))


def otherwise(event: Event[Any]) -> None:
    log("info", "no_handler", id=event.id, type=event.type)


HANDLERS: Dict[str, Handler] = {"order.created": order_created}
