"""Q3, Q4: which addresses are valid, and which domain rule an address falls under."""

from __future__ import annotations

import pytest

from plugins.addresses import find_domain_rule, is_valid_address


@pytest.mark.parametrize(
    "address",
    [
        "ada@example.com",
        "ada.lovelace+news@mail.example.co.uk",
        "o'brien_99@example.museum",
        "a@b.co",
        "用户@例子.example",
        "ada@münchen.example",
        "ada@xn--mnchen-3ya.example",
        f"{'a' * 64}@example.com",
        "x!#$%&*/=?^{|}~-@example.com",
    ],
)
def test_q4_an_address_that_mail_can_be_sent_to_is_valid(address: str) -> None:
    assert is_valid_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "ada@@example.com",
        "ada@b@example.com",
        "ada @example.com",
        "ada@exam ple.com",
        "ada\u200b@example.com",
        "ada\n@example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..da@example.com",
        "ada@example..com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@.example.com",
        "ada@127.0.0.1",
        "ada@[127.0.0.1]",
        "<ada@example.com>",
        "ada@example.com, bob@example.com",
        '"ada"@example.com',
        "ada@exa_mple.com",
        f"{'a' * 65}@example.com",
        f"ada@{'a' * 64}.com",
        f"ada@{'a.' * 130}com",
    ],
    ids=repr,
)
def test_q4_an_address_nobody_can_have_is_invalid(address: str) -> None:
    assert not is_valid_address(address)


@pytest.mark.parametrize(
    ("address", "rules", "expected"),
    [
        ("ada@acme.example", ("acme.example",), "acme.example"),
        ("ada@mail.acme.example", ("acme.example",), None),
        ("ada@mail.acme.example", ("*.acme.example",), "*.acme.example"),
        ("ada@a.b.acme.example", ("*.acme.example",), "*.acme.example"),
        ("ada@acme.example", ("*.acme.example",), None),
        ("ada@notacme.example", ("acme.example", "*.acme.example"), None),
        ("ada@ACME.example", ("acme.example",), "acme.example"),
        ("ada@xn--mnchen-3ya.example", ("münchen.example",), "münchen.example"),
        ("ada@b.example", ("a.example", "b.example"), "b.example"),
        ("ada@b.example", (), None),
    ],
)
def test_q3_a_domain_rule_is_exact_or_names_sub_domains(
    address: str, rules: tuple[str, ...], expected: str | None
) -> None:
    assert find_domain_rule(address, rules) == expected
