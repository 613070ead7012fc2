"""A run: how far it is, and what it came to."""

from __future__ import annotations

from flask import render_template

from api.runs import get_run
from api.webinars import get_webinar
from console.asking import ask
from console.blueprint import new_blueprint

pages = new_blueprint("runs")


@pages.get("/runs/<run_id>")
def run(run_id: str) -> str:
    """The run, and the webinar it is of."""
    found = ask(get_run, run_id)
    return render_template(
        "run.html", run=found, webinar=ask(get_webinar, webinar_id=found["webinar_id"])
    )
