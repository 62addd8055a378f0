"""The requests in cases.json, which every receiver of these dialects accepts or refuses alike."""

import base64
import json
import unittest
from pathlib import Path

from receiver.verify import DIALECTS, verify

CASES = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))


class Verify(unittest.TestCase):
    def test_every_case_is_accepted_or_refused_for_its_reason_and_no_detail_reveals_anything(self) -> None:
        for case in CASES:
            text, times = case.get("body_repeat", (case.get("body", ""), 1))
            body = base64.b64decode(case["body_base64"]) if "body_base64" in case else (text * times).encode()
            with self.subTest(case["name"]):
                refusal = verify(DIALECTS[case["dialect"]], case["secrets"], case["headers"], body, case["now"])
                reason, detail = refusal or (None, "")
                if case.get("needs") == "ed25519":
                    # The standard library cannot verify these signatures, so every one is refused.
                    self.assertIsNotNone(reason)
                else:
                    self.assertNotIn("needs", case)
                    self.assertEqual((case["accepted"], case.get("reason")), (reason is None, reason))
                signatures = [value for name, value in case["headers"].items() if "signature" in name]
                for private in (*case["secrets"], *body.decode("latin-1").split("\n"), *signatures):
                    # Shorter texts occur in any sentence.
                    self.assertFalse(len(private) > 7 and private in detail)

    def test_every_dialect_has_accepted_and_refused_cases(self) -> None:
        for accepted in (True, False):
            covered = {case["dialect"] for case in CASES if case["accepted"] is accepted and "needs" not in case}
            self.assertEqual(set(DIALECTS), covered)
