"""The other ways to a webinar: how many calls they make, at a tiny size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from bench.flows import batch_peer, per_contact, per_contact_fair
from bench.flows.per_contact_fair import Window
from bench.flows.platforms import Platforms, sign_in
from bench.journal import Calls, calls_of
from bench.peers import Flow, ratios_of, whole_calls, whole_seconds
from bench.size import Size
from bench.sync import Measured
from commands.trial import Simulated
from simulator.app import serve_in_thread

SIZE = Size(40)
Webinar = tuple[Simulated, str, str]


@pytest.fixture(scope="module")
def webinar() -> Iterator[Webinar]:
    """A webinar of forty at a simulator of its own: the simulator, account and webinar ids."""
    with serve_in_thread() as running:
        simulated = Simulated(running.base_url)
        scene = simulated.scene("big", registrants=40, attendees=24, rejoin=SIZE.rows / 24)
        with closing(simulated.session):
            yield simulated, scene["account_id"], str(scene["webinar_id"])


@pytest.fixture
def flow(webinar: Webinar, request: pytest.FixtureRequest) -> Iterator[Platforms]:
    """A flow with a portal of its own, before its first call."""
    simulated, account_id, webinar_id = webinar
    with closing(sign_in(simulated, request.param, account_id, webinar_id)) as platforms:
        simulated.call("DELETE", "/journal")
        yield platforms


def calls_and_contacts(webinar: Webinar, flow: Platforms) -> tuple[int, int]:
    simulated = webinar[0]
    calls = calls_of(simulated.journal(flow.portal_id))
    return calls.total, int(simulated.summary(flow.portal_id)["contacts"])


@pytest.mark.parametrize(
    ("flow", "run"),
    [
        pytest.param("4301", per_contact.run, id="one after the other"),
        pytest.param("4302", per_contact_fair.run, id="eight at once"),
    ],
    indirect=["flow"],
)
def test_one_contact_at_a_time_takes_two_calls_each_and_three_a_row(
    webinar: Webinar, flow: Platforms, run: Callable[..., None]
) -> None:
    registrants, rows = list(flow.registrants(300)), list(flow.participants(300))
    # All registrants and few rows: below the limit, so that nobody waits.
    run(flow, registrants, rows[:3])
    assert calls_and_contacts(webinar, flow) == (2 * 40 + 3 * 3, 40)


@pytest.mark.parametrize("flow", ["4303"], indirect=True)
def test_in_batches_everybody_is_two_calls_and_pages_are_small(
    webinar: Webinar, flow: Platforms
) -> None:
    batch_peer.run(flow)
    assert calls_and_contacts(webinar, flow) == (2, 40)
    zoom = calls_of(webinar[0].call("GET", "/journal", platform="zoom"))
    # Forty registrants and 31 rows, thirty a page.
    assert zoom.total == 2 + 2


def test_a_part_stands_for_all_because_everybody_takes_as_many_calls() -> None:
    # 300 registrants and 234 rows were written.
    part = Flow(2 * 300 + 3 * 234, zoom_calls=2, seconds=325.5, part=0.03)
    assert whole_calls(Size(10_000), part) == 43_400
    assert whole_seconds(part, 43_400) == pytest.approx(10_850)


def test_a_part_with_other_calls_than_the_flow_makes_stands_for_nothing() -> None:
    with pytest.raises(ValueError, match="1303 calls for 300 registrants and 234 rows"):
        whole_calls(Size(10_000), Flow(1_303, zoom_calls=2, seconds=1.0, part=0.03))


def test_a_part_below_the_limit_does_not_make_the_whole_faster_than_the_limit() -> None:
    assert whole_seconds(Flow(100, 2, seconds=1.0, part=0.01), 43_400) == 3_940


def test_the_peers_are_held_against_ours() -> None:
    ours = Measured(
        size=Size(10_000),
        first=Calls({("POST", "/hubspot", 200): 364}, 262),
        second=Calls({}, 0),
        zoom=Calls({("GET", "/zoom", 200): 66}, 0),
        seconds=45.0,
        worker_seconds=2.4,
        call_seconds=0.65,
        doubled=0,
    )
    part = Flow(1_302, zoom_calls=2, seconds=325.5, part=0.03)
    first, *others = ratios_of(Size(10_000), ours, part, part, Flow(160, 594, 240.0))
    assert first.value == pytest.approx(43_400 / 364)
    assert first.holds
    assert all(ratio.holds is not False for ratio in others)


def test_a_window_makes_wait_who_would_be_one_too_many() -> None:
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    window = Window(2, 10.0, monotonic=lambda: now[0], sleep=sleep)
    times = []
    for _ in range(5):
        window.take()
        times.append(now[0])
    assert times == [0.0, 0.0, 10.5, 10.5, 21.0]
