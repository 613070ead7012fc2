"""The application beside a running simulator, on both databases."""

from tests.oauth.conftest import any_site, platforms, site

__all__ = ["any_site", "platforms", "site"]
