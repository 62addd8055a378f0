"""The requests in cases.json, which every receiver of these dialects must judge alike."""

import base64
import json
import unittest
from pathlib import Path
from typing import Any, Dict, Optional

from receiver.verify import DIALECTS, Refusal, verify

CASES = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))


def body_of(case: Dict[str, Any]) -> bytes:
    if "body_base64" in case:
        return base64.b64decode(case["body_base64"])
    text, times = case.get("body_repeat", (case.get("body"), 1))
    return (text * times).encode("utf-8")


def result_of(case: Dict[str, Any]) -> Optional[Refusal]:
    return verify(DIALECTS[case["dialect"]], case["secrets"], case["headers"], body_of(case), case["now"])


class Verify(unittest.TestCase):
    def test_every_case_is_accepted_or_refused_for_its_reason(self) -> None:
        for case in CASES:
            with self.subTest(case["name"]):
                refusal = result_of(case)
                if case.get("needs") == "ed25519":
                    # The standard library cannot verify these signatures, so every one is refused.
                    self.assertIsNotNone(refusal)
                else:
                    self.assertNotIn("needs", case)
                    self.assertEqual(case.get("reason"), refusal and refusal.reason)
                    self.assertEqual(case["accepted"], refusal is None)

    def test_every_dialect_has_accepted_and_refused_cases(self) -> None:
        for accepted in (True, False):
            covered = {case["dialect"] for case in CASES if case["accepted"] is accepted and "needs" not in case}
            self.assertEqual(set(DIALECTS), covered)

    def test_no_detail_contains_a_secret_a_signature_or_a_body(self) -> None:
        for case in CASES:
            signatures = [value for name, value in case["headers"].items() if "signature" in name]
            private = [*case["secrets"], *body_of(case).decode("latin-1").split("\n"), *signatures]
            refusal = result_of(case)
            for text in private if refusal else []:
                # Shorter texts occur in any sentence.
                self.assertFalse(len(text) > 7 and text in refusal.detail, case["name"])
