"""The pure functions: the verification of requests, and the settings."""

import base64
import json
import tempfile
import unittest
from pathlib import Path

from receiver.settings import SettingsError, read_settings, with_env_file
from receiver.verify import DIALECTS, verify

from .support import OTHER_SECRET, SECRET

#: Every receiver of these dialects accepts and refuses the same requests.
CASES = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))


class Verify(unittest.TestCase):
    def test_every_case_is_accepted_or_refused_for_its_reason_and_no_detail_reveals_anything(self) -> None:
        covered = {(case["dialect"], case["accepted"]) for case in CASES if "needs" not in case}
        self.assertEqual({(dialect, accepted) for dialect in DIALECTS for accepted in (True, False)}, covered)
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


class TheSettings(unittest.TestCase):
    def refusal(self, **environ: str) -> str:
        with self.assertRaises(SettingsError) as caught:
            read_settings({"WEBHOOK_SECRET": SECRET, **environ})
        self.assertEqual(1, len(str(caught.exception).splitlines()))
        return str(caught.exception)

    def test_only_the_secret_is_required(self) -> None:
        settings = read_settings({"WEBHOOK_SECRET": SECRET, "PORT": "", "WEBHOOK_PREVIOUS_SECRETS": ""})
        self.assertEqual(("standard", (SECRET,), "0.0.0.0", "data/inbox.db", 3000, 10_000, 8, 14), settings)
        self.assertIn("WEBHOOK_SECRET is not set", self.refusal(WEBHOOK_SECRET=""))
        both = read_settings({"WEBHOOK_SECRET": SECRET, "WEBHOOK_PREVIOUS_SECRETS": f" {OTHER_SECRET} ,"})
        self.assertEqual((SECRET, OTHER_SECRET), both.secrets)

    def test_a_number_that_is_malformed_or_out_of_range_is_refused_with_its_range(self) -> None:
        malformed = ("http", "-1", "65536", "3000.5", " 3000", "٣")
        wrong = {"PORT": malformed, "INBOX_LIMIT": ("0", "many"), "MAX_ATTEMPTS": ("0",), "KEEP_DAYS": ("3", "0")}
        for name, values in wrong.items():
            for value in values:
                self.assertRegex(self.refusal(**{name: value}), f'^{name} is "{value}".* whole number from')

    def test_an_unknown_dialect_is_refused_with_all_eleven(self) -> None:
        self.assertRegex(self.refusal(WEBHOOK_DIALECT="paypal"), '"paypal".*' + ", ".join(DIALECTS))

    def test_an_unusable_secret_is_refused_and_not_shown_except_by_dialects_that_accept_any_text(self) -> None:
        for secret in ("whsec_", "whsec_notbase64!", SECRET[:-1], "whsec_QR==", "whpk_1SiA4o9hy"):
            for name in ("WEBHOOK_SECRET", "WEBHOOK_PREVIOUS_SECRETS"):
                for dialect in ("standard", "svix"):
                    line = self.refusal(**{name: secret, "WEBHOOK_DIALECT": dialect})
                    self.assertEqual((True, "whpk_" in secret), (line.startswith(name), "ed25519" in line))
                    self.assertNotIn(secret[len("whsec_") :] or secret + "?", line)
            settings = read_settings({"WEBHOOK_SECRET": secret, "WEBHOOK_DIALECT": "stripe"})
            self.assertEqual((secret,), settings.secrets)

    def test_an_env_file_completes_the_environment(self) -> None:
        with tempfile.TemporaryDirectory(prefix="receiver-test-") as folder:
            path = Path(folder, ".env")
            self.assertEqual({"A": "1"}, with_env_file({"A": "1"}, str(path)))
            path.write_text("# local\nA=2\nexport B = 'two words'\nC=\"'\"\nD=\n#E=5\n")
            completed = {"A": "1", "B": "two words", "C": "'", "D": ""}
            self.assertEqual(completed, with_env_file({"A": "1"}, str(path)))
