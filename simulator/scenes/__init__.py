"""One-click scenes: `SCENES` maps a name to what plays it.

A scene takes the world and its JSON parameters and answers what it made and what to expect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from simulator.scenes.demo import play_demo, prepare_demo
from simulator.scenes.sizes import play_big, play_small
from simulator.scenes.week import play_week, prepare_week

if TYPE_CHECKING:
    from simulator.world import World

SCENES: Mapping[str, Callable[[World, dict[str, Any]], dict[str, Any]]] = {
    "demo": prepare_demo,
    "demo-webinar": play_demo,
    "small": play_small,
    "big": play_big,
    "week": prepare_week,
    "week-webinars": play_week,
}
