"""What tests of several commands share."""

from __future__ import annotations

import socket
from typing import Any

import pytest


@pytest.fixture
def names_nobody_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that end in `.invalid` are unknown at once, without anybody being asked."""
    resolve = socket.getaddrinfo

    def look_up(host: Any, *more: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".invalid"):
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
