"""The settings, and the one line that refuses a wrong one."""

import tempfile
import unittest
from pathlib import Path

from receiver.settings import SettingsError, read_settings, with_env_file
from receiver.verify import DIALECTS

from .support import OTHER_SECRET, SECRET


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
        line = self.refusal(WEBHOOK_DIALECT="paypal")
        self.assertEqual((11, True), (sum(name in line for name in DIALECTS), '"paypal"' in line))

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
