"""`./run try`: what it shows, and what it says when the plugin is not there."""

from __future__ import annotations

import pytest

from commands.trial import TrialFailed
from commands.try_plugin import contact_lines, decision_lines, find_plugin

LISTED = {
    "results": [{"name": "audit", "title": "Audit log"}],
    "problems": [
        {"name": "stars", "what": "implements no hook", "remedy": "Implement at least one."}
    ],
}


def test_a_plugin_that_was_not_loaded_is_told_with_its_remedy() -> None:
    with pytest.raises(TrialFailed, match=r"stars implements no hook\. Implement at least one\."):
        find_plugin(LISTED, "stars")


def test_a_plugin_that_is_not_there_at_all_is_looked_for_in_the_folder() -> None:
    with pytest.raises(TrialFailed, match="Is its package in the folder of --plugins"):
        find_plugin({"results": [], "problems": []}, "stars")


def test_a_plugin_that_is_there_is_found() -> None:
    assert find_plugin(LISTED, "audit")["title"] == "Audit log"


def test_contacts_are_shown_with_the_properties_that_were_asked_for() -> None:
    contacts = {
        "b@x.example": {"properties": {"email": "b@x.example"}},
        "a@x.example": {"properties": {"level": "gold", "rank": "1"}},
    }
    lines = [line.split() for line in contact_lines(contacts, ("level", "rank"))]
    assert lines == [["a@x.example", "level=gold", "rank=1"], ["b@x.example", "level=", "rank="]]


def test_a_decision_names_its_plugin() -> None:
    people = [
        {"email": "a@x.example", "outcome": "in_sync", "reason": "", "decided_by": None},
        {
            "email": "b@x.example",
            "outcome": "excluded",
            "reason": "plugin:stars:own",
            "detail": "ours",
            "decided_by": {"plugin": "stars", "version": "2"},
        },
    ]
    one, other = decision_lines(people)
    assert one.split() == ["a@x.example", "in_sync"]
    assert other.endswith("excluded plugin:stars:own by stars 2: ours")
