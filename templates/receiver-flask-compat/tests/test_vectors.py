"""Every case of vectors.json comes out exactly: the list that all receivers of these dialects keep."""

from __future__ import annotations

import base64
import json
import unittest
from pathlib import Path
from typing import Any, Dict

from receiver.dialects import DIALECTS
from receiver.verify import Refusal, verify

CASES = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
DECIDED = [case for case in CASES if "needs" not in case]
# The standard library has no ed25519, so these can only be refused.
BEYOND = [case for case in CASES if case.get("needs") == "ed25519"]


def body_of(case: Dict[str, Any]) -> bytes:
    if "body_base64" in case:
        return base64.b64decode(str(case["body_base64"]))
    if "body_repeat" in case:
        text, times = case["body_repeat"]
        return str(text * times).encode("utf-8")
    return str(case["body"]).encode("utf-8")


def judge(case: Dict[str, Any]) -> Any:
    return verify(DIALECTS[case["dialect"]], case["secrets"], case["headers"], body_of(case), case["now"])


class Vectors(unittest.TestCase):
    def test_every_case_comes_out_with_its_reason(self) -> None:
        for case in DECIDED:
            with self.subTest(case["name"]):
                refusal = judge(case)
                self.assertEqual(case["accepted"], refusal is None, refusal)
                if refusal is not None:
                    self.assertEqual(case["reason"], refusal.reason)

    def test_no_case_that_needs_ed25519_is_accepted(self) -> None:
        for case in BEYOND:
            with self.subTest(case["name"]):
                self.assertIsInstance(judge(case), Refusal)

    def test_no_case_is_left_out_and_every_dialect_is_both_accepted_and_refused(self) -> None:
        self.assertEqual(len(CASES), len(DECIDED) + len(BEYOND))
        for accepted in (True, False):
            covered = {case["dialect"] for case in DECIDED if case["accepted"] is accepted}
            self.assertEqual(set(DIALECTS), covered)

    def test_no_detail_holds_a_secret_a_signature_or_a_body(self) -> None:
        for case in CASES:
            refusal = judge(case)
            if refusal is None:
                continue
            private = [*case["secrets"], *body_of(case).decode("latin-1").split("\n")]
            private += [value for name, value in case["headers"].items() if "signature" in name]
            for text in private:
                if len(text) > 7:
                    self.assertNotIn(text, refusal.detail, case["name"])
