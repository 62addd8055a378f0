"""What is answered before and after the inbox has an event."""

from __future__ import annotations

import json
import queue
import threading
import unittest
from typing import Any

from receiver.rate_limit import RateLimit
from receiver.received import Received

from .support import Delivery, app_of, captured_log, delivery, post, signed


class Receiving(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.handled: queue.Queue[str] = queue.Queue()

    def remember(self, event: Received[Any]) -> None:
        self.handled.put(event.id)

    def app(self, **environ: str) -> Any:
        return app_of(self, environ, {"order.created": self.remember})

    def test_the_same_id_is_answered_again_and_handled_once(self) -> None:
        app = self.app()
        for event_id in ("evt_1", "evt_1", "evt_2", "evt_1"):
            self.assertEqual(200, post(app, delivery(event_id)).status_code)
        self.assertEqual(["evt_1", "evt_2"], [self.handled.get(timeout=30) for _ in range(2)])
        post(app, delivery("evt_3"))
        self.assertEqual("evt_3", self.handled.get(timeout=30))
        self.assertEqual(2, self.log.getvalue().count('"event":"duplicate"'))

    def test_a_verified_body_that_is_no_json_object_is_answered_400(self) -> None:
        app = self.app()
        for body in (b"", b"order", b"[1]", b"7", b"null", b'{"a":NaN}', b"\xff\xfe", b"[" * 100_000):
            with self.subTest(body[:20]):
                response = post(app, signed("standard", "evt_1", "order.created", body))
                self.assertEqual(400, response.status_code)
                self.assertIn("body", response.get_json()["error"])

    def test_a_verified_body_without_its_id_is_answered_400_in_the_dialects_kind(self) -> None:
        for dialect in ("resource-api", "connect2print", "activities", "stripe"):
            for wrong in ({}, {"id": ""}, {"id": 7}, {"id": None}, {"id": "\ud800"}):
                with self.subTest(f"{dialect} {wrong}"):
                    body = json.dumps({"type": "order.created", **wrong}).encode()
                    response = post(self.app(WEBHOOK_DIALECT=dialect), signed(dialect, "", "", body))
                    self.assertEqual(400, response.status_code)
                    answers_json = dialect in ("resource-api", "stripe")
                    self.assertEqual(answers_json, response.is_json)
                    self.assertIn("id", response.get_data(as_text=True))

    def test_an_unknown_path_is_answered_404(self) -> None:
        response = post(self.app(), delivery("evt_1")._replace(path="/webhooks"))
        self.assertEqual(404, response.status_code)

    def test_an_event_without_a_handler_counts_as_handled(self) -> None:
        app = self.app()
        post(app, delivery("evt_1", event_type="order.unknown"))
        post(app, delivery("evt_2"))
        self.assertEqual("evt_2", self.handled.get(timeout=30))
        self.assertIn('"event":"handled","id":"evt_1"', self.log.getvalue())

    def test_a_full_inbox_is_answered_429_but_what_it_holds_is_still_known(self) -> None:
        go_on = threading.Event()

        def block(event: Received[Any]) -> None:
            go_on.wait()

        app = app_of(self, {"INBOX_LIMIT": "2"}, {"order.created": block})
        self.addCleanup(go_on.set)
        statuses = [post(app, delivery(event_id)).status_code for event_id in ("evt_1", "evt_2", "evt_1")]
        self.assertEqual([200, 200, 200], statuses)
        full = post(app, delivery("evt_3"))
        self.assertEqual((429, "30"), (full.status_code, full.headers["Retry-After"]))
        self.assertIn("error", full.get_json())

    def test_too_many_requests_are_answered_429_before_they_are_verified(self) -> None:
        app = self.app(RATE_LIMIT="1", WEBHOOK_DIALECT="activities")
        nothing = Delivery("/", {}, b"")
        self.assertEqual(500, post(app, nothing).status_code)
        limited = post(app, nothing)
        self.assertEqual((429, "1"), (limited.status_code, limited.headers["Retry-After"]))
        self.assertIn("error", limited.get_json())

    def test_behind_a_proxy_each_client_has_its_own_rate(self) -> None:
        app = self.app(RATE_LIMIT="1", TRUST_PROXY="1")
        statuses = [
            app.test_client()
            .post("/webhook", headers={"X-Forwarded-For": f"192.0.2.9, {client}"})
            .status_code
            for client in ("192.0.2.1", "192.0.2.2", "192.0.2.2")
        ]
        self.assertEqual([401, 401, 429], statuses)

    def test_health_counts_what_waits_and_what_is_dead(self) -> None:
        def fail(event: Received[Any]) -> None:
            raise RuntimeError("no")

        # It is taken after the one that fails.
        blocked = threading.Event()
        go_on = threading.Event()

        def block(event: Received[Any]) -> None:
            blocked.set()
            go_on.wait()

        app = app_of(self, {"MAX_ATTEMPTS": "1"}, {"order.failed": fail, "order.created": block})
        self.addCleanup(go_on.set)
        post(app, delivery("evt_1", event_type="order.failed"))
        post(app, delivery("evt_2"))
        self.assertTrue(blocked.wait(30))
        health = app.test_client().get("/healthz")
        self.assertEqual(200, health.status_code)
        told = health.get_json()
        self.assertEqual(("ok", 1, 1), (told["status"], told["waiting"], told["dead"]))
        self.assertGreater(told["oldest_waiting_seconds"], 0)

    def test_health_is_503_when_the_worker_has_stopped(self) -> None:
        app = self.app()
        self.assertEqual(200, app.test_client().get("/healthz").status_code)
        app.extensions["worker"].stop()
        self.assertEqual(503, app.test_client().get("/healthz").status_code)


class TheRateLimit(unittest.TestCase):
    def test_each_address_has_its_own_and_it_fills_again(self) -> None:
        limit = RateLimit(2)
        self.assertEqual([True, True, False], [limit.allows("a", 0.0) for _ in range(3)])
        self.assertTrue(limit.allows("b", 0.0))
        self.assertTrue(limit.allows("a", 0.5))
        self.assertFalse(limit.allows("a", 0.9))
        self.assertEqual([True, True, False], [limit.allows("a", 60.0) for _ in range(3)])

    def test_nought_lets_everything_through(self) -> None:
        limit = RateLimit(0)
        self.assertTrue(all(limit.allows("a", 0.0) for _ in range(10_000)))
