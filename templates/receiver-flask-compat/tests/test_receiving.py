"""Requests and responses, with the application and a real inbox in this process."""

import json
import queue
import threading
import unittest
from typing import Any
from urllib.parse import urlencode

from receiver.app import RateLimit, Receiver
from receiver.event import Event

from .support import OTHER_SECRET, PATIENCE, Delivery, app_of, body_of, captured_log, delivery, post

RECEIVED, EMPTY = (200, b'{"status":"received"}'), (200, b"")
INVALID, INVALID_TEXT = (401, b'{"error":"Invalid signature"}'), (401, b"Invalid signature")
ALL_METHODS = ("POST", "PUT", "PATCH", "DELETE")
#: For each dialect: path, accepted, refused, pings, and methods.
EXPECTED = {
    "standard": ("/webhook", RECEIVED, INVALID, ["ping"], ALL_METHODS),
    "svix": ("/webhook", RECEIVED, INVALID, ["ping"], ["POST"]),
    "q2": ("/", EMPTY, INVALID_TEXT, ["Ping"], ["POST"]),
    "resource-api": ("/webhooks", RECEIVED, INVALID, ["ping"], ["POST"]),
    "connect2print": ("/webhooks", EMPTY, INVALID_TEXT, ["ping"], ["POST"]),
    "activities": ("/", EMPTY, (500, b"Could not verify the request signature."), ["ping"], ALL_METHODS),
    "casesolved": ("/webhook", (200, b"OK"), (401, b"Unauthorized"), ["Webhook Validate", "ping"], ["POST"]),
    "github": ("/webhook", RECEIVED, INVALID, ["ping"], ALL_METHODS),
    "stripe": ("/webhook", RECEIVED, INVALID, ["ping"], ["POST"]),
    "shopify": ("/webhook", RECEIVED, INVALID, ["ping"], ["POST"]),
    "slack": ("/webhook", RECEIVED, INVALID, ["ping"], ["POST"]),
}


def seen(response: Any) -> Any:
    return response.status_code, response.data.strip()


class Dialects(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.handled: "queue.Queue[Event[Any]]" = queue.Queue()

    def app(self, dialect: str) -> Receiver:
        handlers = {"order.created": self.handled.put, "order.paid": self.handled.put}
        return app_of(self, handlers, WEBHOOK_DIALECT=dialect)

    def test_an_event_is_acknowledged_and_handled_with_its_id_type_and_data(self) -> None:
        for dialect, (path, accepted, *_) in EXPECTED.items():
            with self.subTest(dialect):
                sent = delivery("evt_1", dialect)
                self.assertEqual(path, sent.path)
                self.assertEqual(accepted, seen(post(self.app(dialect), sent)))
                event = self.handled.get(timeout=PATIENCE)
                body = body_of(dialect, "evt_1", "order.created")
                is_whole = dialect in ("svix", "github", "shopify", "slack")
                self.assertEqual(("evt_1", "order.created", 1), (event.id, event.type, event.attempt))
                self.assertEqual(body if is_whole else {"order": {"id": 123, "total": 499}}, event.data)
                self.assertEqual((body, body.get("previous_data")), (event.body, event.previous_data))
                self.assertRegex(event.received_at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a_different_secret_is_refused_and_logged_without_secret_or_body(self) -> None:
        for dialect, (_, _, refused, pings, _) in EXPECTED.items():
            for event_type in ("order.created", *pings):
                with self.subTest(f"{dialect} {event_type}"):
                    sent = delivery("evt_1", dialect, event_type, secret=OTHER_SECRET)
                    self.assertEqual(refused, seen(post(self.app(dialect), sent)))
                    entry = json.loads(self.log.getvalue().splitlines()[-1])
                    expected = {"level": "warn", "event": "refused", "reason": "signature_mismatch"}
                    self.assertLessEqual(expected.items(), entry.items())
        self.assertNotIn(OTHER_SECRET, self.log.getvalue())
        self.assertNotIn("total", self.log.getvalue())

    def test_a_ping_is_acknowledged_and_neither_stored_nor_handled(self) -> None:
        for dialect, (_, accepted, _, pings, _) in EXPECTED.items():
            for name in pings:
                with self.subTest(f"{dialect} {name}"):
                    app = self.app(dialect)
                    self.assertEqual(accepted, seen(post(app, delivery("evt_1", dialect, name))))
                    # If the ping were stored, this event would be its duplicate.
                    post(app, delivery("evt_1", dialect, "order.paid"))
                    self.assertEqual("order.paid", self.handled.get(timeout=PATIENCE).type)

    def test_other_methods_are_answered_405_with_the_allowed_ones(self) -> None:
        for dialect, (_, accepted, _, _, methods) in EXPECTED.items():
            app = self.app(dialect)
            for method in (*ALL_METHODS, "GET", "OPTIONS"):
                with self.subTest(f"{dialect} {method}"):
                    response = post(app, delivery(f"evt_{method}", dialect), method)
                    if method in methods:
                        self.assertEqual(accepted, seen(response))
                    else:
                        allowed = set(response.headers["Allow"].split(", "))
                        self.assertEqual((405, set(methods)), (response.status_code, allowed))

    def test_a_form_contains_the_event_in_its_field_payload_in_dialects_with_forms(self) -> None:
        for dialect, (_, accepted, _, _, _) in EXPECTED.items():
            with self.subTest(dialect):
                body = body_of(dialect, "evt_1", "order.created", {"note": "ä & b=c"})
                form = urlencode({"payload": json.dumps(body)}).encode()
                response = post(self.app(dialect), delivery("evt_1", dialect, body=form, form=True))
                if dialect in ("standard", "activities", "github"):
                    self.assertEqual(accepted, seen(response))
                    self.assertEqual(body, self.handled.get(timeout=PATIENCE).body)
                else:
                    self.assertEqual(400, response.status_code)


class Receiving(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.handled: "queue.Queue[str]" = queue.Queue()

    def app(self, **environ: str) -> Receiver:
        return app_of(self, {"order.created": lambda event: self.handled.put(event.id)}, **environ)

    def test_a_repeated_id_is_acknowledged_and_handled_once(self) -> None:
        app = self.app()
        for event_id in ("evt_1", "evt_1", "evt_2", "evt_1", "evt_3"):
            self.assertEqual(200, post(app, delivery(event_id)).status_code)
        self.assertEqual(["evt_1", "evt_2", "evt_3"], [self.handled.get(timeout=PATIENCE) for _ in range(3)])
        self.assertEqual(2, self.log.getvalue().count('"event":"duplicate"'))

    def test_a_verified_body_that_is_not_a_json_object_is_answered_400(self) -> None:
        app = self.app()
        for body in (b"", b"order", b"[1]", b"7", b"null", b'{"a":NaN}', b"\xff\xfe", b"[" * 100_000):
            with self.subTest(body[:20]):
                response = post(app, delivery("evt_1", body=body))
                self.assertEqual(400, response.status_code)
                self.assertIn("body", response.get_json()["error"])

    def test_a_verified_body_without_an_id_is_answered_400_as_json_or_text(self) -> None:
        for dialect in ("resource-api", "connect2print", "activities", "stripe"):
            app = self.app(WEBHOOK_DIALECT=dialect)
            for wrong in ({}, {"id": ""}, {"id": 7}, {"id": None}, {"id": "\ud800"}):
                with self.subTest(f"{dialect} {wrong}"):
                    body = json.dumps({"type": "order.created", **wrong}).encode()
                    response = post(app, delivery("", dialect, body=body))
                    self.assertEqual(400, response.status_code)
                    self.assertEqual(dialect in ("resource-api", "stripe"), response.is_json)
                    self.assertIn("id", response.get_data(as_text=True))

    def test_an_unknown_path_is_answered_404(self) -> None:
        self.assertEqual(404, post(self.app(), delivery("evt_1")._replace(path="/webhooks")).status_code)

    def test_an_event_without_a_handler_counts_as_handled(self) -> None:
        app = self.app()
        post(app, delivery("evt_1", event_type="order.unknown"))
        post(app, delivery("evt_2"))
        self.assertEqual("evt_2", self.handled.get(timeout=PATIENCE))
        self.assertIn('"event":"handled","id":"evt_1"', self.log.getvalue())

    def test_a_full_inbox_answers_429_except_for_known_ids(self) -> None:
        blocked = threading.Event()
        app = app_of(self, {"order.created": lambda event: blocked.wait()}, INBOX_LIMIT="2")
        self.addCleanup(blocked.set)
        for event_id in ("evt_1", "evt_2", "evt_1"):
            self.assertEqual(200, post(app, delivery(event_id)).status_code)
        full = post(app, delivery("evt_3"))
        self.assertEqual((429, "30"), (full.status_code, full.headers["Retry-After"]))
        self.assertIn("error", full.get_json())

    def test_requests_above_the_rate_are_answered_429_before_they_are_verified(self) -> None:
        app = self.app(RATE_LIMIT="1", WEBHOOK_DIALECT="activities")
        self.assertEqual(500, post(app, Delivery("/", {}, b"")).status_code)
        limited = post(app, Delivery("/", {}, b""))
        self.assertEqual((429, "1"), (limited.status_code, limited.headers["Retry-After"]))
        self.assertIn("error", limited.get_json())

    def test_behind_a_proxy_each_client_has_its_own_rate(self) -> None:
        client = self.app(RATE_LIMIT="1", TRUST_PROXY="1").test_client()
        forwarded = [{"X-Forwarded-For": f"192.0.2.9, 192.0.2.{number}"} for number in (1, 2, 2)]
        statuses = [client.post("/webhook", headers=headers).status_code for headers in forwarded]
        self.assertEqual([401, 401, 429], statuses)

    def test_a_rate_is_per_address_and_refills_and_0_means_none(self) -> None:
        limit = RateLimit(2)
        self.assertEqual([True, True, False], [limit.allows("a", 0.0) for _ in range(3)])
        self.assertTrue(limit.allows("b", 0.0))
        self.assertTrue(limit.allows("a", 0.5))
        self.assertFalse(limit.allows("a", 0.9))
        self.assertEqual([True, True, False], [limit.allows("a", 60.0) for _ in range(3)])
        unlimited = RateLimit(0)
        self.assertTrue(all(unlimited.allows("a", 0.0) for _ in range(10_000)))

    def test_health_counts_waiting_and_dead_events_and_is_503_without_a_worker(self) -> None:
        started, blocked = threading.Event(), threading.Event()
        self.addCleanup(blocked.set)
        # The handler for order.failed does not accept an event, so it raises an error.
        handlers: Any = {"order.failed": lambda: None}
        handlers["order.created"] = lambda event: started.set() or blocked.wait()
        app = app_of(self, handlers, MAX_ATTEMPTS="1")
        post(app, delivery("evt_1", event_type="order.failed"))
        post(app, delivery("evt_2"))
        self.assertTrue(started.wait(PATIENCE))
        health = app.test_client().get("/healthz")
        self.assertLessEqual({"status": "ok", "waiting": 1, "dead": 1}.items(), health.get_json().items())
        self.assertGreater(health.get_json()["oldest_waiting_seconds"], 0)
        blocked.set()
        app.worker.stop()
        self.assertEqual((200, 503), (health.status_code, app.test_client().get("/healthz").status_code))
