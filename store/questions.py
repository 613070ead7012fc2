"""Registration questions of webinars, as Zoom last showed them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from engine.questions import Question
from store.statements import upsert
from store.tables import registration_form


@dataclass(frozen=True, slots=True)
class StoredForm:
    """A webinar's questions (None: never read), when Zoom was asked, and why it did not say."""

    questions: tuple[Question, ...] | None = None
    read_at: datetime | None = None
    problem: str = ""


def save_questions(
    connection: Connection,
    webinar_pk: int,
    questions: Iterable[Question],
    now: datetime,
    problem: str = "",
) -> None:
    """Store what Zoom's form asks now, in the form's order; ``problem``: why it asks nothing."""
    rows = [asdict(question) for question in questions]
    _save(connection, webinar_pk, {"questions": rows, "read_at": now, "problem": problem})


def note_unreadable(connection: Connection, webinar_pk: int, problem: str, now: datetime) -> None:
    """Store why Zoom did not show the questions; those known stay known."""
    _save(connection, webinar_pk, {"read_at": now, "problem": problem})


def questions_of(connection: Connection, webinar_pk: int) -> tuple[Question, ...] | None:
    """The webinar's questions besides first name and address; None when they were never read."""
    return form_of(connection, webinar_pk).questions


def form_of(connection: Connection, webinar_pk: int) -> StoredForm:
    """The webinar's questions, when they were read, and what is wrong."""
    row = (
        connection.execute(
            select(registration_form).where(registration_form.c.webinar_pk == webinar_pk)
        )
        .mappings()
        .first()
    )
    if row is None:
        return StoredForm()
    return StoredForm(_load(row["questions"]), row["read_at"], row["problem"])


def forms_of(connection: Connection, webinar_pks: Sequence[int]) -> dict[int, StoredForm]:
    """The forms that were read, by webinar."""
    rows = connection.execute(
        select(registration_form).where(registration_form.c.webinar_pk.in_(webinar_pks))
    )
    return {
        row["webinar_pk"]: StoredForm(_load(row["questions"]), row["read_at"], row["problem"])
        for row in rows.mappings()
    }


def _load(rows: Sequence[dict[str, Any]] | None) -> tuple[Question, ...] | None:
    if rows is None:
        return None
    return tuple(Question(**{**row, "answers": tuple(row["answers"])}) for row in rows)


def _save(connection: Connection, webinar_pk: int, values: dict[str, Any]) -> None:
    row = {"webinar_pk": webinar_pk, **values}
    upsert(connection, registration_form, [row], ["webinar_pk"], list(values))
