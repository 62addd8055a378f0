"""Each dialect's path, answers, id, type and data, over the application and a real inbox."""

from __future__ import annotations

import json
import queue
import unittest
from typing import Any, Dict, NamedTuple, Tuple
from urllib.parse import urlencode

from receiver.received import Received

from .support import ORDER, OTHER_SECRET, app_of, body_of, captured_log, delivery, post, signed

RECEIVED = (200, b'{"status":"received"}')
INVALID = (401, b'{"error":"Invalid signature"}')
INVALID_TEXT = (401, b"Invalid signature")
ALL_METHODS = ("POST", "PUT", "PATCH", "DELETE")


class Promise(NamedTuple):
    path: str
    accepted: Tuple[int, bytes] = RECEIVED
    refused: Tuple[int, bytes] = INVALID
    pings: Tuple[str, ...] = ("ping",)
    methods: Tuple[str, ...] = ("POST",)


PROMISES: Dict[str, Promise] = {
    "standard": Promise("/webhook", methods=ALL_METHODS),
    "svix": Promise("/webhook"),
    "q2": Promise("/", (200, b""), INVALID_TEXT, pings=("Ping",)),
    "resource-api": Promise("/webhooks"),
    "connect2print": Promise("/webhooks", (200, b""), INVALID_TEXT),
    "activities": Promise(
        "/", (200, b""), (500, b"Could not verify the request signature."), methods=ALL_METHODS
    ),
    "casesolved": Promise("/webhook", (200, b"OK"), (401, b"Unauthorized"), pings=("Webhook Validate", "ping")),
    "github": Promise("/webhook", methods=ALL_METHODS),
    "stripe": Promise("/webhook"),
    "shopify": Promise("/webhook"),
    "slack": Promise("/webhook"),
}

PINGED = [
    (dialect, promise, ping)
    for dialect, promise in PROMISES.items()
    for ping in promise.pings
]


def outcome(response: Any) -> Tuple[int, bytes]:
    return response.status_code, response.data.strip()


class Dialects(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.handled: queue.Queue[Received[Any]] = queue.Queue()

    def app(self, dialect: str) -> Any:
        handlers = {"order.created": self.handled.put, "order.paid": self.handled.put}
        return app_of(self, {"WEBHOOK_DIALECT": dialect}, handlers)

    def test_an_event_is_answered_and_handled_with_its_id_type_and_data(self) -> None:
        for dialect, promise in PROMISES.items():
            with self.subTest(dialect):
                app = self.app(dialect)
                sent = delivery("evt_1", dialect)
                self.assertEqual(promise.path, sent.path)
                self.assertEqual(promise.accepted, outcome(post(app, sent)))
                event = self.handled.get(timeout=30)
                body = body_of(dialect, "evt_1", "order.created", ORDER)
                whole = dialect in ("svix", "github", "shopify", "slack")
                self.assertEqual(("evt_1", "order.created", 1), (event.id, event.type, event.attempt))
                self.assertEqual(body if whole else ORDER, event.data)
                self.assertEqual(body, event.body)
                self.assertEqual(body.get("previous_data"), event.previous_data)
                self.assertRegex(event.received_at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_another_secret_is_refused_in_the_senders_words_and_logged_without_particulars(self) -> None:
        for dialect, promise in PROMISES.items():
            with self.subTest(dialect):
                sent = delivery("evt_1", dialect, secret=OTHER_SECRET)
                self.assertEqual(promise.refused, outcome(post(self.app(dialect), sent)))
                line = json.loads(self.log.getvalue().splitlines()[-1])
                expected = {"level": "warn", "event": "refused", "reason": "signature_mismatch"}
                self.assertLessEqual(expected.items(), line.items())
        self.assertNotIn(OTHER_SECRET, self.log.getvalue())
        self.assertNotIn("order", self.log.getvalue())

    def test_a_ping_is_answered_and_neither_stored_nor_handled(self) -> None:
        for dialect, promise, name in PINGED:
            with self.subTest(f"{dialect} {name}"):
                app = self.app(dialect)
                ping = delivery("evt_ping", dialect, name)
                self.assertEqual(promise.accepted, outcome(post(app, ping)))
                # Were it stored, this would be its duplicate and never come to the handler.
                post(app, delivery("evt_ping", dialect, "order.paid"))
                self.assertEqual("order.paid", self.handled.get(timeout=30).type)

    def test_a_ping_with_another_secret_is_refused(self) -> None:
        for dialect, promise, name in PINGED:
            with self.subTest(f"{dialect} {name}"):
                ping = delivery("evt_ping", dialect, name, secret=OTHER_SECRET)
                self.assertEqual(promise.refused, outcome(post(self.app(dialect), ping)))

    def test_other_methods_are_answered_405_with_those_allowed(self) -> None:
        for dialect, promise in PROMISES.items():
            app = self.app(dialect)
            for method in (*ALL_METHODS, "GET", "OPTIONS"):
                with self.subTest(f"{dialect} {method}"):
                    response = post(app, delivery(f"evt_{method}", dialect), method)
                    if method in promise.methods:
                        self.assertEqual(promise.accepted, outcome(response))
                    else:
                        self.assertEqual(405, response.status_code)
                        self.assertEqual(set(promise.methods), set(response.headers["Allow"].split(", ")))

    def test_a_form_carries_the_event_in_its_payload(self) -> None:
        for dialect in ("standard", "activities", "github"):
            with self.subTest(dialect):
                text = json.dumps(body_of(dialect, "evt_1", "order.created", {"note": "ä & b=c"}))
                sent = signed(dialect, "evt_1", "order.created", urlencode({"payload": text}).encode())
                form = sent._replace(
                    headers={
                        **sent.headers,
                        "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
                    }
                )
                self.assertEqual(PROMISES[dialect].accepted, outcome(post(self.app(dialect), form)))
                self.assertEqual(json.loads(text), self.handled.get(timeout=30).body)

    def test_a_form_is_no_event_where_the_dialect_sends_none(self) -> None:
        text = json.dumps(body_of("stripe", "evt_1", "order.created", ORDER))
        sent = signed("stripe", "evt_1", "order.created", urlencode({"payload": text}).encode())
        form = sent._replace(headers={**sent.headers, "Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(400, post(self.app("stripe"), form).status_code)
