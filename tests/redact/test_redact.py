"""What is replaced, what stays, and that JSON stays JSON."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reroute.errors import ConfigError
from reroute.redact import Redactor, load_key, random_key
from reroute.redact.rules import load_rules

RULES = load_rules()
REDACTOR = Redactor(b"k" * 32)
HITS = [(rule, hit.replace("{}", "")) for rule in RULES.rules for hit in rule.hits]
MISSES = [(rule.name, miss) for rule in RULES.rules for miss in rule.misses]
SECRETS = [hit for rule, hit in HITS if rule.kind != "private-key"]

texts = st.lists(
    st.one_of(st.text(max_size=12), st.sampled_from(SECRETS), st.sampled_from([" ", "\n", '"', "\\", "@", ":", "="])),
    max_size=6,
).map("".join)
values = st.recursive(
    st.one_of(texts, st.integers(), st.just(4111111111111111), st.none(), st.booleans()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(texts, st.just("api_key")), inner, max_size=3),
        inner.map(json.dumps),
    ),
    max_leaves=6,
)


@pytest.mark.parametrize(("rule", "text"), HITS, ids=[f"{rule.name}-{n}" for n, (rule, _) in enumerate(HITS)])
def test_every_rules_examples_are_replaced(rule, text):
    redacted, count = REDACTOR.text("t", text)
    assert f"<{rule.kind}:" in redacted
    assert count == 1
    assert _column([text]) == ([redacted], {0: 1})


@pytest.mark.parametrize(("name", "text"), MISSES)
def test_every_rules_counterexamples_stay(name, text):
    assert REDACTOR.text("t", text) == (text, 0)


@pytest.mark.parametrize(
    "text",
    [
        "credit_card_4421486 and gift_card_4012173",
        "HAT139 on 2024-05-20 from 03:00:00 costs 1574",
        "id 9f1c2d3e-4b5a-4111-8111-111111111111",
        "commit 4111111111111111111111111111111111111111",
        "1716200000000000 ns, 0.4242424242424242",
        "numpy@1.26.4 and @pytest.mark.parametrize",
        "django/core/mail/__init__.py::test_a@b",
    ],
)
def test_what_only_looks_like_personal_data_stays(text):
    assert REDACTOR.text("t", text) == (text, 0)


def test_the_same_value_has_the_same_placeholder_in_one_trajectory_and_another_in_the_next():
    one, _ = REDACTOR.text("t1", "a@b.co, A@B.co and 4111 1111 1111 1111, 4111111111111111")
    mail, again, card, same = (word.strip(",") for word in one.split() if word.startswith("<"))
    assert mail == again
    assert card == same
    assert REDACTOR.text("t2", "a@b.co")[0] != mail
    assert Redactor(random_key()).text("t1", "a@b.co")[0] != mail


def test_only_the_password_of_an_address_is_hidden():
    redacted, _ = REDACTOR.text("t", "postgres://app:s3cret@db.example.com:5432/main")
    assert redacted.startswith("postgres://<connection:")
    assert redacted.endswith("@db.example.com:5432/main")


def test_a_number_that_is_a_card_becomes_a_json_string_and_a_secret_member_is_hidden():
    redacted, count = REDACTOR.text(
        "t", '{"card": 4111111111111111, "X-Api-Key": "whatever it is", "note": "\\nme@x.org"}'
    )
    found = json.loads(redacted)
    assert count == 3
    assert found["card"].startswith("<card:")
    assert found["X-Api-Key"].startswith("<key:")
    assert found["note"].startswith("\n<email:")


def test_json_inside_a_json_string_stays_json():
    inner = json.dumps({"card": 4111111111111111})
    redacted, _ = REDACTOR.text("t", json.dumps({"body": inner}))
    assert json.loads(json.loads(redacted)["body"])["card"].startswith("<card:")


@settings(max_examples=150, deadline=None)
@given(texts)
def test_redacting_twice_is_the_same_as_once(text):
    once, _ = REDACTOR.text("t", text)
    assert REDACTOR.text("t", once) == (once, 0)


@settings(max_examples=150, deadline=None)
@given(values)
def test_json_text_stays_json_of_the_same_shape(value):
    text = json.dumps(value)
    redacted, _ = REDACTOR.text("t", text)
    if text[0] in "[{":
        assert _shape(json.loads(redacted)) == _shape(value)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(texts, st.none()), max_size=6))
def test_a_column_is_redacted_as_its_texts_are(column):
    done, counts = _column(column)
    expected = [(None, 0) if text is None else REDACTOR.text("t", text) for text in column]
    assert done == [text for text, _ in expected]
    assert counts == {row: count for row, (_, count) in enumerate(expected) if count}


def test_a_long_column_is_redacted_as_a_short_one():
    texts = ["plain text " * 20] * 1000 + ["write to a@b.co", None, '{"card": 4111111111111111}']
    done, counts = _column(texts)
    assert counts == {1000: 1, 1002: 1}
    assert done[1000] == REDACTOR.text("t", "write to a@b.co")[0]


def test_a_key_is_made_once_and_only_its_owner_may_read_it(tmp_path):
    path = tmp_path / "keys/redaction.key"
    key = load_key(path)
    assert load_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(b"short")
    with pytest.raises(ConfigError, match="expected 32 bytes, found 5"):
        load_key(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version = 1\njson_members = []\n", "rules"),
        (
            'version = 1\njson_members = []\n[[rules]]\nname="a"\nkind="k"\npattern="(?=x)"\nhits=[]\nmisses=[]\n',
            "not RE2",
        ),
        ("nonsense", "redaction.toml"),
    ],
)
def test_a_projects_own_rules_that_are_wrong_are_refused_with_the_reason(tmp_path, text, said):
    path = tmp_path / "sql/lexicons/redaction.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_rules(tmp_path)


def _column(texts):
    done, counts = REDACTOR.columns(["t"] * len(texts), {"it": pa.array(texts, pa.string())})
    return done["it"].to_pylist(), counts


def _shape(value):
    if isinstance(value, dict):
        return [_shape(inner) for inner in value.values()]
    return [_shape(inner) for inner in value] if isinstance(value, list) else None
