"""Requests and responses, with the application and a real inbox in this process."""

import json
import queue
import threading
import unittest
from typing import Any, Dict
from urllib.parse import urlencode

from receiver.app import Receiver
from receiver.event import Event
from receiver.verify import DIALECTS

from .support import OTHER_SECRET, PATIENCE, app_of, body_of, captured_log, delivery, post


def shown(response: Any) -> Dict[str, Any]:
    return {"status": response.status_code, "body": response.get_json() if response.is_json else response.text}


class Receiving(unittest.TestCase):
    def setUp(self) -> None:
        self.log = captured_log(self)
        self.handled: "queue.Queue[Event[Any]]" = queue.Queue()

    def app(self, dialect: str = "standard") -> Receiver:
        return app_of(self, dict.fromkeys(["order.created", "order.paid"], self.handled.put), WEBHOOK_DIALECT=dialect)

    def next(self) -> Event[Any]:
        return self.handled.get(timeout=PATIENCE)

    def test_an_event_is_acknowledged_and_handled_with_its_data_as_json_or_where_accepted_as_a_form(self) -> None:
        for dialect, row in DIALECTS.items():
            body = body_of(dialect, "evt_1", "order.created", data := {"note": "ä & b=c"})
            form = urlencode({"payload": json.dumps(body)}).encode()
            for sent in (delivery("evt_1", dialect, data=data), delivery("evt_1", dialect, body=form, form=True)):
                response = post(self.app(dialect), sent)
                if sent.body == form and not row["forms"]:
                    self.assertEqual(400, response.status_code, dialect)
                    continue
                self.assertEqual(row["accepted"], shown(response), dialect)
                event = self.next()
                self.assertEqual(("evt_1", "order.created", 1), (event.id, event.type, event.attempt))
                is_whole = dialect in ("svix", "github", "shopify", "slack")
                self.assertEqual((body, body if is_whole else data), (event.body, event.data), dialect)
                self.assertEqual(body.get("previous_data"), event.previous_data)
                self.assertRegex(event.received_at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a_different_secret_is_refused_and_logged_without_secret_or_body(self) -> None:
        for dialect, row in DIALECTS.items():
            for event_type in ("order.created", *row["pings"]):
                sent = delivery("evt_1", dialect, event_type, secret=OTHER_SECRET)
                self.assertEqual(row["refused"], shown(post(self.app(dialect), sent)), dialect)
                self.assertIn('"refused","reason":"signature_mismatch"', self.log.getvalue().splitlines()[-1])
        self.assertNotRegex(self.log.getvalue(), f"{OTHER_SECRET[:20]}|total")

    def test_a_ping_is_acknowledged_and_neither_stored_nor_handled(self) -> None:
        for dialect, row in DIALECTS.items():
            for name in row["pings"]:
                app = self.app(dialect)
                self.assertEqual(row["accepted"], shown(post(app, delivery("evt_1", dialect, name))), dialect)
                # If the ping were stored, this event would be its duplicate.
                post(app, delivery("evt_1", dialect, "order.paid"))
                self.assertEqual("order.paid", self.next().type)

    def test_other_methods_and_paths_are_answered_405_and_404(self) -> None:
        for dialect, row in DIALECTS.items():
            app = self.app(dialect)
            self.assertEqual(404, post(app, delivery("evt_1", dialect)._replace(path="/other")).status_code)
            for method in ("POST", "PUT", "PATCH", "DELETE", "GET", "OPTIONS"):
                response = post(app, delivery(f"evt_{method}", dialect), method)
                self.assertEqual(200 if method in row["methods"] else 405, response.status_code, dialect)

    def test_a_repeated_id_is_acknowledged_and_handled_once_and_an_unknown_type_counts_as_handled(self) -> None:
        app = self.app()
        post(app, delivery("evt_0", event_type="order.unknown"))
        for event_id in ("evt_1", "evt_1", "evt_2", "evt_1", "evt_3"):
            self.assertEqual(200, post(app, delivery(event_id)).status_code)
        self.assertEqual(["evt_1", "evt_2", "evt_3"], [self.next().id for _ in range(3)])
        self.assertEqual(2, self.log.getvalue().count('"event":"duplicate"'))
        self.assertIn('"event":"handled","id":"evt_0"', self.log.getvalue())

    def test_a_verified_body_that_is_not_a_json_object_with_an_id_is_answered_400_as_json_or_text(self) -> None:
        bodies = [b"", b"order", b"[1]", b"7", b"null", b'{"id":"a","b":NaN}', b"\xff\xfe", b"[" * 100_000]
        bodies += [b"{}", b'{"id":""}', b'{"id":7}', b'{"id":null}', b'{"id":"\\ud800"}']
        for dialect in ("resource-api", "connect2print", "activities", "stripe"):
            app = self.app(dialect)
            for body in bodies:
                response = post(app, delivery("", dialect, body=body))
                is_json = dialect in ("resource-api", "stripe")
                self.assertEqual((400, is_json), (response.status_code, response.is_json), body[:20])
                self.assertIn("The body ", response.text)

    def test_a_full_inbox_answers_429_except_for_known_ids(self) -> None:
        blocked = threading.Event()
        app = app_of(self, {"order.created": lambda event: blocked.wait()}, INBOX_LIMIT="2")
        self.addCleanup(blocked.set)
        for event_id in ("evt_1", "evt_2", "evt_1"):
            self.assertEqual(200, post(app, delivery(event_id)).status_code)
        full = post(app, delivery("evt_3"))
        self.assertEqual((429, "30"), (full.status_code, full.headers["Retry-After"]))

    def test_health_counts_waiting_and_dead_events_and_is_503_without_a_worker(self) -> None:
        blocked = threading.Event()
        self.addCleanup(blocked.set)
        # The handler for order.failed cannot be called, so every attempt fails.
        handlers: Any = {"order.failed": None, "order.created": lambda event: self.handled.put(event) or blocked.wait()}
        app = app_of(self, handlers, MAX_ATTEMPTS="1")
        post(app, delivery("evt_1", event_type="order.failed"))
        post(app, delivery("evt_2"))
        self.next()
        health = app.test_client().get("/healthz").get_json()
        self.assertGreater(health.pop("oldest_waiting_seconds"), 0)
        self.assertEqual({"status": "ok", "waiting": 1, "dead": 1}, health)
        blocked.set()
        app.worker.stop()
        self.assertEqual(503, app.test_client().get("/healthz").status_code)
