"""
Whoever has one of the printed receivers can put this one in its place: the sender sees the same answers.
"""

from __future__ import annotations

import logging
import unittest
from typing import Any, Dict, List

from flask import Flask

from .printed_examples import WEBHOOK_SECRET, casesolved, resource_api
from .support import Delivery, app_of, captured_log, delivery, post, temporary_inbox


def without(sent: Delivery, header: str) -> Delivery:
    return sent._replace(headers={name: value for name, value in sent.headers.items() if name != header})


class PrintedExamples(unittest.TestCase):
    def setUp(self) -> None:
        captured_log(self)
        # Where the prints crash, Flask says so on stderr.
        logging.disable(logging.CRITICAL)
        self.addCleanup(logging.disable, logging.NOTSET)
        self.answered: List[int] = []

    def template(self, dialect: str) -> Flask:
        environ = {
            "WEBHOOK_DIALECT": dialect,
            "WEBHOOK_SECRET": WEBHOOK_SECRET,
            "INBOX_PATH": temporary_inbox(self),
        }
        return app_of(self, environ, {})

    def compare(self, dialect: str, printed: Flask, requests: Dict[str, Delivery]) -> None:
        template = self.template(dialect)
        for name, sent in requests.items():
            with self.subTest(f"{dialect}: {name}"):
                theirs, ours = post(printed, sent), post(template, sent)
                self.answered.append(theirs.status_code)
                if theirs.status_code == 500:
                    self.assertGreaterEqual(ours.status_code, 400)
                else:
                    self.assertEqual(self.seen(theirs), self.seen(ours))

    def seen(self, response: Any) -> Any:
        return response.status_code, response.data

    def test_the_resource_api_sees_the_same_answers(self) -> None:
        def sent(event_type: str, secret: str = WEBHOOK_SECRET) -> Delivery:
            return delivery(
                f"evt_{event_type}", "resource-api", event_type, {"object": {"id": "res_xyz789"}}, secret
            )

        created = sent("resource.created")
        self.compare(
            "resource-api",
            resource_api,
            {
                "created": created,
                "created, once more": created,
                "updated": sent("resource.updated"),
                "a type that it does not know": sent("user.created"),
                "ping": sent("ping"),
                "tampered": created._replace(body=created.body.replace(b"res_xyz789", b"res_xyz788")),
                "another secret": sent("resource.created", "another"),
                "without its signature": without(created, "X-Webhook-Signature"),
            },
        )
        self.assertEqual([200, 200, 200, 200, 200, 401, 401, 500], self.answered)

    def test_casesolved_sees_the_same_answers(self) -> None:
        def sent(event_type: str, secret: str = WEBHOOK_SECRET) -> Delivery:
            return delivery(f"evt_{event_type}", "casesolved", event_type, {"plan": 7}, secret)

        changed = sent("Site Plan Change")
        self.compare(
            "casesolved",
            casesolved,
            {
                "validation": sent("Webhook Validate"),
                "changed": changed,
                "changed, once more": changed,
                "tampered, which nothing there can tell": changed._replace(
                    body=changed.body.replace(b"7", b"8")
                ),
                "another secret": sent("Site Plan Change", "another"),
                "validation with another secret": sent("Webhook Validate", "another"),
                "without its secret": without(changed, "X-Webhook-Secret"),
            },
        )
        self.assertEqual([200, 200, 200, 200, 401, 401, 401], self.answered)
