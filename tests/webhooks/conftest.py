"""The application beside a running simulator, and what it logs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from tests.oauth.conftest import any_site, platforms, site

__all__ = ["any_site", "platforms", "site"]


@pytest.fixture
def lines() -> Iterator[list[Any]]:
    """Every line logged in the test."""
    with structlog.testing.capture_logs() as captured:
        yield captured
