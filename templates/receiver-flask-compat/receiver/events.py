"""
The data of each event type: one TypedDict a type, named after it. handlers.py imports them by name and
nothing else reads this file, so it can be written anew from a catalog of events.
"""

from __future__ import annotations

from typing import TypedDict


class Customer(TypedDict, total=False):
    id: int
    email: str


class Order(TypedDict, total=False):
    id: int
    order_number: str
    status: str
    total: float
    customer: Customer


class OrderCreated(TypedDict):
    order: Order
