"""The application beside a running simulator."""

from __future__ import annotations

from tests.console.desk import desk
from tests.oauth.conftest import any_site, platforms, site

__all__ = ["any_site", "desk", "platforms", "site"]
