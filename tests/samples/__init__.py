"""Answers and webhooks in the vendors' recorded shapes, with invented people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parent


def sample(path: str) -> Any:
    """Return the JSON of ``<platform>/<case>/<name>``."""
    return json.loads((_ROOT / f"{path}.json").read_text(encoding="utf-8"))


def sample_names(folder: str) -> list[str]:
    """Return the names of all samples in a folder."""
    return sorted(path.stem for path in (_ROOT / folder).glob("*.json"))
