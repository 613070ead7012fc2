"""Each input of a batch is done, rejected or missing, whatever the answer left out."""

from __future__ import annotations

from clients.outcomes import Rejection, settle
from schemas.hubspot_api import BatchFault


def fault(*named: str, category: str = "VALIDATION_ERROR") -> BatchFault:
    return BatchFault("no", category, "", named, None)


def test_what_is_neither_done_nor_rejected_is_missing_in_the_order_sent_F22() -> None:
    outcome = settle(["c", "a", "b", "d"], {"a": "1"}, [fault("d")])
    assert outcome.done == {"a": "1"}
    assert set(outcome.rejected) == {"d"}
    assert outcome.missing == ("c", "b")


def test_one_error_entry_rejects_everybody_it_names() -> None:
    outcome = settle(["a", "b", "c"], {}, [fault("a", "b", "stranger")])
    assert set(outcome.rejected) == {"a", "b"}
    assert outcome.missing == ("c",)


def test_not_found_is_missing_and_not_rejected() -> None:
    outcome = settle(["a"], {}, [fault("a", category="OBJECT_NOT_FOUND")])
    assert (outcome.rejected, outcome.missing) == ({}, ("a",))


def test_record_ids_in_an_error_are_translated() -> None:
    outcome = settle(["t-1", "t-2"], {}, [fault("901")], aliases={"901": "t-1"})
    assert set(outcome.rejected) == {"t-1"}


def test_an_error_that_names_nobody_means_the_only_input() -> None:
    assert settle(["a"], {}, [fault()]).rejected == {"a": Rejection("no", "VALIDATION_ERROR")}
    assert settle(["a", "b"], {}, [fault()]).missing == ("a", "b")


def test_a_result_outweighs_an_error() -> None:
    assert settle(["a"], {"a": "1"}, [fault("a")]).rejected == {}
