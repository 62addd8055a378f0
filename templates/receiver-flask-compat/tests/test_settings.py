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
        defaults = ("standard", (SECRET,), "0.0.0.0", "data/inbox.db", 3000, 0, 10_000, 1000, 8, 14)
        self.assertEqual(defaults, settings)
        self.assertIn("WEBHOOK_SECRET is not set", self.refusal(WEBHOOK_SECRET=""))

    def test_previous_secrets_follow_the_current_one(self) -> None:
        environ = {"WEBHOOK_SECRET": SECRET, "WEBHOOK_PREVIOUS_SECRETS": f" {OTHER_SECRET} ,, text"}
        self.assertEqual((SECRET, OTHER_SECRET, "text"), read_settings(environ).secrets)

    def test_a_wrong_number_is_refused_with_its_range(self) -> None:
        for name, wrong in {
            "PORT": ("http", "-1", "65536", "3000.5", " 3000", "٣"),
            "INBOX_LIMIT": ("0", "many"),
            "RATE_LIMIT": ("-1", "1e3"),
            "MAX_ATTEMPTS": ("0",),
            "KEEP_DAYS": ("3", "0", "two weeks"),
        }.items():
            for value in wrong:
                self.assertRegex(self.refusal(**{name: value}), f'^{name} is "{value}".* whole number from')

    def test_an_unknown_dialect_is_refused_with_all_eleven(self) -> None:
        line = self.refusal(WEBHOOK_DIALECT="paypal")
        self.assertEqual(11, sum(name in line for name in DIALECTS))
        self.assertIn('"paypal"', line)

    def test_an_unusable_secret_is_refused_and_not_shown(self) -> None:
        for name in ("WEBHOOK_SECRET", "WEBHOOK_PREVIOUS_SECRETS"):
            for secret in ("whsec_", "whsec_notbase64!", SECRET[:-1], "whsec_QR==", "whpk_1SiA4o9hy"):
                for dialect in ("standard", "svix"):
                    line = self.refusal(**{name: secret, "WEBHOOK_DIALECT": dialect})
                    self.assertIn(name, line)
                    self.assertNotIn(secret[len("whsec_") :] or secret + "?", line)
        self.assertIn("ed25519", self.refusal(WEBHOOK_SECRET="whpk_1SiA4o9hy"))

    def test_other_dialects_accept_any_text_as_a_secret(self) -> None:
        for secret in ("whsec_", "whpk_", "x"):
            settings = read_settings({"WEBHOOK_SECRET": secret, "WEBHOOK_DIALECT": "stripe"})
            self.assertEqual((secret,), settings.secrets)

    def test_an_env_file_completes_the_environment(self) -> None:
        with tempfile.TemporaryDirectory(prefix="receiver-test-") as folder:
            path = Path(folder, ".env")
            self.assertEqual({"A": "1"}, with_env_file({"A": "1"}, str(path)))
            path.write_text("# local\nA=2\nexport B = 'two words'\nC=\"'\"\nD=\n#E=5\n")
            completed = {"A": "1", "B": "two words", "C": "'", "D": ""}
            self.assertEqual(completed, with_env_file({"A": "1"}, str(path)))
