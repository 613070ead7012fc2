"""E-mail addresses: which can exist, and which domain rule one falls under.

The check is strict about what no mail system accepts and silent about the rest. Calling a good
address invalid loses a person without anybody noticing; letting a bad one through costs one
rejection by HubSpot, which is shown with HubSpot's own words. So: one ``@`` (quoted local parts
with more exist on paper only), dot-atoms on the left, a host name of two labels or more on the
right, the lengths of RFC 5321 section 4.5.3.1, letters outside ASCII on both sides as in RFC 6531.
No DNS: a plugin does no I/O.
"""

from __future__ import annotations

import re

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_LOCAL = re.compile(rf"{_ATOM}(\.{_ATOM})*", re.IGNORECASE)
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", re.IGNORECASE)
_INVISIBLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]")


def is_valid_address(address: str) -> bool:
    """Whether mail could ever be sent to this address, by its spelling alone."""
    local, separator, domain = address.partition("@")
    if not separator or "@" in domain or _INVISIBLE.search(address):
        return False
    if len(address.encode(errors="replace")) > 254 or len(local.encode(errors="replace")) > 64:
        return False
    labels = _ascii_domain(domain).split(".")
    return (
        _LOCAL.fullmatch(local) is not None
        and len(labels) >= 2
        and all(_LABEL.fullmatch(label) for label in labels)
        and not labels[-1].isdigit()
    )


def find_domain_rule(address: str, rules: tuple[str, ...]) -> str | None:
    """The first rule the address falls under: its exact domain, or ``*.`` and a parent domain."""
    domain = _ascii_domain(address.rpartition("@")[2])
    for rule in rules:
        if rule.startswith("*."):
            if domain.endswith("." + _ascii_domain(rule[2:])):
                return rule
        elif domain == _ascii_domain(rule):
            return rule
    return None


def _ascii_domain(domain: str) -> str:
    """The domain in lower case, with international labels in the form DNS uses."""
    if domain.isascii():
        return domain.lower()
    try:
        return domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return domain.lower()
