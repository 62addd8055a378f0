"""A webhook receiver: what comes is verified, stored durably, answered, and then handled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Optional

if TYPE_CHECKING:
    from flask import Flask

    from .received import Handler
    from .settings import Settings


def create_app(
    settings: Optional[Settings] = None, handlers: Optional[Mapping[str, Handler]] = None
) -> Flask:
    """
    The receiver as a WSGI application, with the settings of the environment and the handlers of handlers.py
    unless others are given. Raises SettingsError.
    """
    # Not above: gunicorn.conf.py reads the settings in gunicorn's master process. Handlers that were imported
    # there would outlive a reload (HUP).
    from .app import build_app

    return build_app(settings, handlers)
