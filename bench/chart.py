"""The rows that have a target as a picture: how much of what the target allows is used."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from bench.ratio import Ratio
from bench.report import shown

WIDTH, LEFT, RIGHT = 900, 20, 230
ROW, HEAD, FOOT, BAR = 44, 74, 34, 12
SCALE = 1.5
"""The right edge: half as much again as the target allows; longer bars are cut and end in a tip."""

ROLE = 'role="img" aria-labelledby="title desc"'

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1b2733 }
  .title { font-size: 17px; font-weight: 600 }
  .quiet { fill: #55636f }
  .room { fill: #e6ebef } .holds { fill: #2f6f9f } .fails { fill: #b3452c }
  .target { stroke: #1b2733; stroke-width: 1.5 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #14191e } text { fill: #e8edf1 } .quiet { fill: #a5b1bb }
    .room { fill: #2a333b } .holds { fill: #6aaede } .fails { fill: #e58466 }
    .target { stroke: #e8edf1 }
  }
"""


def draw(ratios: Sequence[Ratio], caption: str) -> str:
    """An SVG with a bar for each ratio that has a target; ``caption`` says how it was made."""
    judged = [ratio for ratio in ratios if ratio.holds is not None]
    height = HEAD + ROW * len(judged) + FOOT
    held = sum(ratio.holds is True for ratio in judged)
    said = "; ".join(f"{ratio.what}: {_in_words(ratio)}" for ratio in judged)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {ROLE}>',
        f'<title id="title">{held} of {len(judged)} targets of the benchmark are met</title>',
        f'<desc id="desc">{escape(f"{caption}. {said}.")}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text class="title" x="{LEFT}" y="28">How much of what each target allows is used</text>',
        f'<text class="quiet" x="{LEFT}" y="50">Shorter is better; the line is the target.</text>',
    ]
    for number, ratio in enumerate(judged):
        lines += _row(ratio, HEAD + ROW * number)
    bottom = HEAD + ROW * len(judged)
    lines += [
        f'<text class="quiet" x="{LEFT}" y="{bottom + 16}">{escape(caption)}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def used(ratio: Ratio) -> float:
    """How much of what the target allows is used: 1 is all of it, more misses it."""
    value, target = ratio.value, ratio.target
    if value is None or target is None:
        raise ValueError(f"{ratio.what}: nothing is promised")
    part, whole = (value, target) if ratio.is_better_low else (target, value)
    if whole:
        return part / whole
    return SCALE if part else 0.0


def _row(ratio: Ratio, top: int) -> list[str]:
    end = _x(min(used(ratio), SCALE))
    kind = "holds" if ratio.holds else "fails"
    bar, middle = top + 14, top + 14 + BAR / 2
    tip = f"M{end} {bar}l8 {BAR / 2}l-8 {BAR / 2}z" if used(ratio) > SCALE else ""
    return [
        f'<text x="{LEFT}" y="{top + 6}">{escape(ratio.what)}</text>',
        f'<rect class="room" x="{LEFT}" y="{bar}" width="{_x(SCALE) - LEFT}" height="{BAR}"/>',
        f'<rect class="{kind}" x="{LEFT}" y="{bar}" width="{end - LEFT:g}" height="{BAR}"/>',
        f'<line class="target" x1="{_x(1)}" x2="{_x(1)}" y1="{bar - 4}" y2="{bar + BAR + 4}"/>',
        *([f'<path class="{kind}" d="{tip}"/>'] if tip else []),
        f'<text x="{_x(SCALE) + 14}" y="{middle + 4:g}">{escape(_in_words(ratio))}</text>',
    ]


def _in_words(ratio: Ratio) -> str:
    sign = "≤" if ratio.is_better_low else "≥"
    missed = "" if ratio.holds else ", missed"
    return f"{shown(ratio.value)}, target {sign} {ratio.target:g}{missed}"


def _x(part: float) -> float:
    return round(LEFT + part / SCALE * (WIDTH - LEFT - RIGHT), 1)
