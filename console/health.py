"""How the portal's connections and work fare, and what could not be made use of."""

from __future__ import annotations

from typing import Any

from flask import render_template, request, url_for
from werkzeug.wrappers import Response

from api.deliveries import get_dead_letters, replay_dead_letter, replay_dead_letters
from api.health import get_health
from api.parts import parts
from console.asking import ask, read_query
from console.blueprint import done, new_blueprint
from console.times import show_age
from schemas.api import PageQuery

pages = new_blueprint("health")

_PLATFORMS = {"hubspot": "HubSpot", "zoom": "Zoom"}


@pages.get("/health")
def health() -> str:
    """What is wrong first, then each connection, the deliveries, and those that were parked."""
    parked = ask(get_dead_letters, read_query(PageQuery))
    return render_template(
        "health.html",
        health=ask(get_health),
        parked=parked["results"],
        paging=parked["paging"],
        PLATFORMS=_PLATFORMS,
        age=_age,
        show_age=show_age,
    )


@pages.post("/health/replay")
def replay() -> Response:
    """Have one parked delivery merged, or all of them."""
    delivery_id = request.form.get("delivery", "")
    if delivery_id:
        ask(replay_dead_letter, delivery_id=delivery_id)
        said = "Replayed: it is merged within seconds, or parked again with its reason."
    else:
        count = ask(replay_dead_letters)["replayed"]
        said = f"{count} replayed: what still cannot be made use of is parked again."
    return done(said, url_for("console_health.health"))


def _age(moment: Any) -> float | None:
    """Seconds since the moment."""
    if moment is None:
        return None
    seconds: float = (parts().clock() - moment).total_seconds()
    return max(0.0, seconds)
