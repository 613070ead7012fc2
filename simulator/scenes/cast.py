"""The people of a scene: invented, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

_FIRST = (
    "Ada Ben Chloé Dmitri Elif Femi Grace Hugo Inês Jürgen Kaito Léa Mateusz Nadia Omar Priya "
    "Quentin Rosa Søren Tomás Uma Věra Wanda Ximena Yara Zoë"
)
_LAST = (
    "Almeida Brandt Çelik Dvořák Eriksen Fischer García Håkansson Ivanova Jansen Kowalski "
    "Lindqvist Müller Nguyen O'Brien Petrović Quispe Rossi Šimić Tanaka Usman Varga Weiß Yılmaz"
)
FIRST_NAMES, LAST_NAMES = _FIRST.split(), _LAST.split()
ODD_NAMES = (
    ("<b>Bold</b>", "Person"),
    ("Robert'); --", "Tables"),
    ("<script>alert(1)</script>", "Script"),
    ("Ærøskøbing", "Ñandú-Œuvre"),
    ("李", "小龍"),
    ("Tab\tbed", "Emoji 🎉"),
)
DOMAINS = ("northquay.example", "fjordline.example", "lowmoor.example", "atelier-sud.example")
REJOIN_SHARE, SECOND_DEVICE_SHARE = 0.25, 0.08


@dataclass(slots=True)
class Person:
    """Somebody of a scene. `kind` says what is special; `sessions` are seconds after the start."""

    email: str
    first_name: str
    last_name: str
    kind: str = "ordinary"
    sessions: list[list[int]] = field(default_factory=list)

    def as_registrant(self) -> dict[str, str]:
        """The fields of a registration."""
        return {"email": self.email, "first_name": self.first_name, "last_name": self.last_name}


def ordinary_people(source: random.Random, count: int, prefix: str = "") -> list[Person]:
    """That many people with addresses of their own; the first few have odd names."""
    people = []
    for number in range(count):
        first, last = source.choice(FIRST_NAMES), source.choice(LAST_NAMES)
        if number < len(ODD_NAMES):
            first, last = ODD_NAMES[number]
        address = f"{prefix}guest{number:05d}@{source.choice(DOMAINS)}"
        people.append(Person(address, first, last))
    return people


def sessions_of(source: random.Random, length: int) -> list[list[int]]:
    """How one attendee was there: once, with a break, or with two devices at a time."""
    begin = source.randrange(0, length // 4)
    end = source.randrange(length * 3 // 4, length + 1)
    dice = source.random()
    if dice < REJOIN_SHARE:
        leave = source.randrange(begin + 60, length // 2)
        back = source.randrange(leave + 30, length * 3 // 4)
        return [[begin, leave], [back, end]]
    if dice < REJOIN_SHARE + SECOND_DEVICE_SHARE:
        return [[begin, end], [begin + 120, end - 60]]
    return [[begin, end]]


def attended_seconds(sessions: list[list[int]], length: int) -> int:
    """Time really there: sessions that overlap count once, and nothing beyond the end."""
    total, until = 0, 0
    for begin, end in sorted(sessions):
        begin, end = max(begin, until), min(end, length)
        total += max(0, end - begin)
        until = max(until, end)
    return total
