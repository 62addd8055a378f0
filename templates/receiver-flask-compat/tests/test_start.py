"""What the environment may say, and that a wrong word refuses the start with one line."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from pathlib import Path
from typing import Dict

from receiver.dialects import DIALECTS
from receiver.settings import SettingsError, read_settings

from .support import OTHER_SECRET, ROOT, SECRET, ReceiverProcess


class Settings(unittest.TestCase):
    def refusal(self, **environ: str) -> str:
        with self.assertRaises(SettingsError) as caught:
            read_settings({"WEBHOOK_SECRET": SECRET, **environ})
        line = str(caught.exception)
        self.assertEqual(1, len(line.splitlines()))
        return line

    def test_the_secret_is_enough(self) -> None:
        settings = read_settings({"WEBHOOK_SECRET": SECRET, "PORT": "", "WEBHOOK_PREVIOUS_SECRETS": ""})
        self.assertEqual(("standard", (SECRET,)), (settings.dialect.name, settings.secrets))
        self.assertEqual(
            ("0.0.0.0", 3000, "data/inbox.db"), (settings.host, settings.port, settings.inbox_path)
        )
        self.assertEqual((10_000, 1000), (settings.inbox_limit, settings.rate_limit))
        self.assertEqual((8, 14), (settings.max_attempts, settings.keep_days))

    def test_previous_secrets_stand_behind_the_current_one(self) -> None:
        environ = {"WEBHOOK_SECRET": SECRET, "WEBHOOK_PREVIOUS_SECRETS": f" {OTHER_SECRET} ,, text"}
        self.assertEqual((SECRET, OTHER_SECRET, "text"), read_settings(environ).secrets)

    def test_a_wrong_number_is_named_with_its_range(self) -> None:
        for name, wrong in {
            "PORT": ("http", "-1", "65536", "3000.5", " 3000", "٣"),
            "INBOX_LIMIT": ("0", "many"),
            "RATE_LIMIT": ("-1", "1e3"),
            "MAX_ATTEMPTS": ("0",),
            "KEEP_DAYS": ("3", "0", "two weeks"),
        }.items():
            for value in wrong:
                line = self.refusal(**{name: value})
                self.assertIn(f'{name} is "{value}"', line)
                self.assertIn("whole number from", line)

    def test_an_unknown_dialect_is_answered_with_all_eleven(self) -> None:
        line = self.refusal(WEBHOOK_DIALECT="paypal")
        self.assertEqual(11, sum(name in line for name in DIALECTS))
        self.assertIn('"paypal"', line)

    def test_a_secret_that_cannot_be_used_is_refused_and_not_shown(self) -> None:
        for name in ("WEBHOOK_SECRET", "WEBHOOK_PREVIOUS_SECRETS"):
            for secret in ("whsec_", "whsec_notbase64!", SECRET[:-1], "whsec_QR==", "whpk_1SiA4o9hy"):
                for dialect in ("standard", "svix"):
                    line = self.refusal(**{name: secret, "WEBHOOK_DIALECT": dialect})
                    self.assertIn(name, line)
                    self.assertNotIn(secret[len("whsec_") :] or secret + "?", line)
        self.assertIn("ed25519", self.refusal(WEBHOOK_SECRET="whpk_1SiA4o9hy"))

    def test_elsewhere_any_text_is_a_secret(self) -> None:
        for secret in ("whsec_", "whpk_", "x"):
            settings = read_settings({"WEBHOOK_SECRET": secret, "WEBHOOK_DIALECT": "stripe"})
            self.assertEqual((secret,), settings.secrets)


class TheStart(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="receiver-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def receiver(self, environ: Dict[str, str]) -> ReceiverProcess:
        """In a folder of its own, so that the .env of this one says nothing."""
        return ReceiverProcess(self, {"PYTHONPATH": str(ROOT), **environ}, cwd=self.folder)

    def refusal(self, environ: Dict[str, str]) -> str:
        receiver = self.receiver(environ)
        self.assertEqual(1, receiver.exit_code())
        self.assertEqual([], receiver.seen)
        self.assertEqual(1, len(receiver.errors().splitlines()), receiver.errors())
        return receiver.errors()

    def test_without_a_secret_it_says_where_one_comes_from(self) -> None:
        line = self.refusal({"WEBHOOK_SECRET": ""})
        self.assertIn("WEBHOOK_SECRET is not set", line)
        self.assertIn("POST /v1/webhooks", line)
        self.assertEqual([], os.listdir(self.folder))

    def test_without_flask_it_says_how_to_install_it(self) -> None:
        # -S: without the packages that are installed.
        command = (sys.executable, "-S", "-m", "receiver")
        receiver = ReceiverProcess(self, {"PYTHONPATH": ""}, command)
        self.assertEqual(1, receiver.exit_code())
        self.assertEqual(1, len(receiver.errors().splitlines()), receiver.errors())
        self.assertIn("pip install -r requirements.txt", receiver.errors())

    def test_a_wrong_value_is_one_line(self) -> None:
        self.assertIn('KEEP_DAYS is "3"', self.refusal({"KEEP_DAYS": "3"}))

    def test_an_inbox_that_cannot_be_opened_is_one_line(self) -> None:
        self.assertIn("INBOX_PATH", self.refusal({"INBOX_PATH": "/dev/null/inbox.db"}))
        (self.folder / "no.db").write_text("this is no database, and long enough to be seen as none" * 20)
        self.assertIn("INBOX_PATH", self.refusal({"INBOX_PATH": "no.db"}))

    def test_it_says_where_it_listens_and_makes_the_folder_of_its_inbox(self) -> None:
        line = self.receiver({"WEBHOOK_DIALECT": "q2"}).wait_for("listening")
        self.assertEqual(("info", "/", "q2"), (line["level"], line["path"], line["dialect"]))
        self.assertGreater(line["port"], 0)
        self.assertTrue((self.folder / "data" / "inbox.db").exists())

    def test_an_env_file_says_what_the_environment_leaves_open(self) -> None:
        (self.folder / ".env").write_text(
            "# for local work\nWEBHOOK_DIALECT=stripe\nexport INBOX_PATH = 'my inbox.db'\nPORT=nonsense\n"
        )
        # The environment says PORT=0.
        self.assertEqual("stripe", self.receiver({}).wait_for("listening")["dialect"])
        self.assertTrue((self.folder / "my inbox.db").exists())
