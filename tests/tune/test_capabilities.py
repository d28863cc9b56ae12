"""The dated table of what providers offer."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from reroute.errors import ConfigError
from reroute.tune import capabilities, providers
from reroute.tune.capabilities import METHODS, Capabilities, base_model

NOVEMBER = date(2026, 11, 21)


def test_every_fact_has_a_source_and_a_day(table: Capabilities) -> None:
    facts = [*table.providers, *table.profiles, *table.offers, *(offer.price for offer in table.offers if offer.price)]
    known = {source.id for source in table.sources}
    assert all(fact.source in known and fact.as_of <= table.as_of for fact in facts)


def test_every_provider_module_has_facts_a_key_and_a_profile_for_each_method(table: Capabilities) -> None:
    assert providers.names() == ["azure", "openai"]
    for name in providers.names():
        assert table.provider(name).key_env
        assert providers.load(name).name == name
        assert [table.profile(name, method).method for method in METHODS] == list(METHODS)


def test_the_openai_client_is_imported_in_one_module() -> None:
    package = Path(capabilities.__file__).parents[1]
    found = [
        path.name
        for path in package.rglob("*.py")
        if re.search(r"^\s*(from|import) openai\b", path.read_text(), re.MULTILINE)
    ]
    assert found == ["openai_client.py"]


def test_no_price_is_zero(table: Capabilities) -> None:
    assert all(offer.price is None or offer.price.usd > 0 for offer in table.offers)


ENDS = [
    (("openai", "o4-mini", "rft"), date(2026, 10, 22), True, "shut down on 2026-10-23"),
    (("openai", "o4-mini", "rft"), date(2026, 10, 23), False, "shut down on 2026-10-23"),
    (("openai", "gpt-4.1", "sft"), NOVEMBER, True, "no new jobs after 2027-01-06"),
    (("openai", "gpt-4.1", "sft"), date(2027, 1, 6), True, "no new jobs after 2027-01-06"),
    (("openai", "gpt-4.1", "sft"), date(2027, 1, 7), False, "took its last new jobs on 2027-01-06"),
    (("openai", "gpt-4o", "dpo"), date(2027, 1, 14), False, "shut down on 2027-01-14"),
    (("azure", "o4-mini", "rft"), date(2027, 4, 16), True, "end with 2027-04-16"),
    (("azure", "o4-mini", "rft"), date(2027, 4, 17), False, "last new jobs on 2027-04-16"),
    (("azure", "gpt-5", "rft"), date(2030, 1, 1), True, "no end is known"),
]


@pytest.mark.parametrize(("name", "today", "is_open", "words"), ENDS)
def test_an_offer_ends_on_its_day(
    table: Capabilities, name: tuple[str, str, capabilities.Method], today: date, *, is_open: bool, words: str
) -> None:
    offer = table.offer(*name)
    assert offer is not None
    state = table.availability(offer, today)
    assert state.open is is_open
    assert words in state.sentence


def test_an_end_within_sixty_days_is_soon(table: Capabilities) -> None:
    offer = table.offer("azure", "o4-mini", "rft")
    assert offer is not None
    assert not table.availability(offer, date(2027, 2, 15)).soon
    assert table.availability(offer, date(2027, 2, 16)).soon


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("gpt-4.1", "gpt-4.1"),
        ("gpt-4.1-2025-04-14", "gpt-4.1"),
        ("gpt-4.1-mini-2025-04-14", "gpt-4.1-mini"),
        ("ft:gpt-4o-2024-08-06:acme:shop:9x", "gpt-4o"),
        ("o4-mini-2025-04-16", "o4-mini"),
    ],
)
def test_snapshots_and_fine_tunes_count_as_their_base(name: str, base: str) -> None:
    assert base_model(name) == base


def test_a_table_with_an_unknown_key_is_refused(tmp_path: Path, table: Capabilities) -> None:
    path = tmp_path / "table.toml"
    path.write_text('format = "reroute.capabilities"\nformat_version = 1\nas_of = 2026-01-01\nprices = 3\n')
    with pytest.raises(ConfigError, match="prices"):
        capabilities.load(path)
