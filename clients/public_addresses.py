"""Connections that come about with public addresses only, whatever a name resolves to.

For addresses that somebody else named: a redirect must not lead into the network we run in.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool

from clients.errors import Rejected

# An IPv4 address in the clothes of IPv6: https://www.rfc-editor.org/rfc/rfc6052
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether anybody's machine may stand behind an IP address, and not one of our own network."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


class _PublicConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        # The other end of the connection itself is looked at, before a byte is sent: a name that
        # is looked up twice may have two answers.
        made = super()._new_conn()
        if not is_public(made.getpeername()[0]):
            made.close()
            raise Rejected(f"{self.host} is not at a public address, so nothing was fetched")
        return made


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"https": _PublicPool}


@lru_cache(maxsize=2)
def _session_of(process: int) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.adapters.clear()
    session.mount("https://", _PublicAdapter())
    session.headers.update({"User-Agent": "Rollcall"})
    return session


def public_session() -> requests.Session:
    """Return this process's session for TLS to public addresses; others raise Rejected."""
    return _session_of(os.getpid())
