"""A webinar of four people, two of whom are excluded by their domain."""

from __future__ import annotations

from tests.scenarios.stage import Stage
from tests.scenarios.webinar import HOUR, Webinar, connect, plan_webinar

ADA, REX, RITA, RALF = (
    "ada@northquay.example",
    "rex@lowmoor.example",
    "rita@competitor.example",
    "ralf@competitor.example",
)


def begin_with_excluded(stage: Stage) -> Webinar:
    """A settled webinar; two of four people are excluded by their domain, one of whom came."""
    webinar = plan_webinar(stage)
    webinar.register(ADA, REX, RITA, RALF)
    webinar.play({ADA: [[0, HOUR]], RITA: [[0, 1800]]})
    connect(stage, excluded_contact_domains=["competitor.example"])
    stage.pass_time()
    return webinar
