"""A receiver whose handlers log that they started and then wait for a byte on stdin."""

import os

from receiver import handlers
from receiver.app import Receiver as Receiver
from receiver.log import log


def blocking(event: handlers.Event) -> None:
    log("info", "started", id=event.id, attempt=event.attempt, pid=os.getpid())
    os.read(0, 1)


handlers.HANDLERS["order.created"] = blocking
