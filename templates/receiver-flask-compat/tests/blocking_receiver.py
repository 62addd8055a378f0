"""
A receiver whose handlers say that they have started and wait until a byte comes on stdin. Run by the tests.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from receiver import create_app, handlers
from receiver.__main__ import main
from receiver.log import log
from receiver.received import Received

__all__ = ["create_app"]


def blocking(event: Received[Any]) -> None:
    log("info", "started", id=event.id, attempt=event.attempt, pid=os.getpid())
    os.read(0, 1)


handlers.HANDLERS["order.created"] = blocking

if __name__ == "__main__":
    sys.exit(main())
