"""How many requests a second one client address may send."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Tuple

#: Addresses that are remembered at once, so that an attacker with many of them costs no memory.
_ADDRESSES = 10_000


class RateLimit:
    """
    A bucket of one second's requests for each address, filled again as time passes. 0 lets everything
    through.
    """

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._buckets: OrderedDict[str, Tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def allows(self, address: str, now: float) -> bool:
        """
        Whether one more request is within the limit at `now`, seconds of a clock that only goes forward.
        """
        if self._per_second == 0:
            return True
        with self._lock:
            left, seen_at = self._buckets.get(address, (float(self._per_second), now))
            left = min(float(self._per_second), left + (now - seen_at) * self._per_second)
            allowed = left >= 1
            self._buckets[address] = (left - 1 if allowed else left, now)
            self._buckets.move_to_end(address)
            if len(self._buckets) > _ADDRESSES:
                self._buckets.popitem(last=False)
            return allowed
