"""
What happens with each event: this file is yours. The receiver reads two names, HANDLERS (one function an
event type) and `otherwise` (for every other type), so that it can be written anew from a catalog of events.

A handler that returns is done. One that raises runs again later: after 1 s, 5 s, 30 s, 2 min, 10 min, 1 h and
6 h, then the event is a dead letter. It may also run again when the process died meanwhile, so do each thing
under `event.id`. Give what waits for others (requests, queries) a time-out: one handler at a time runs in
each process.
"""

from __future__ import annotations

from typing import Any, Dict

from .events import OrderCreated
from .log import log
from .received import Handler, Received


def order_created(event: Received[OrderCreated]) -> None:
    order = event.data["order"]
    log("info", "order_created", id=event.id, order=order.get("id"))


def otherwise(event: Received[Any]) -> None:
    log("info", "no_handler", id=event.id, type=event.type)


HANDLERS: Dict[str, Handler] = {"order.created": order_created}
