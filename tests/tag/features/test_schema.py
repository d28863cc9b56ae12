"""Every frame that passes between modules of features has the columns that ``schema`` declares, and no other."""

import polars as pl
import pytest

from reroute.tag.features import claims, lanes, notes, observations, pages, pairing, schema, uses, verdicts
from reroute.tag.features.rules import load

from .handmade import steps_of, table

STEPS = steps_of(
    [
        {"run": "pytest -q", "shows": "FAILED a.py::t - no\n1 failed in 1s", "exit_code": 1},
        {"tool": "web_search", "arguments": {"query": "nests"}, "shows": "https://a.example/ terns nest here"},
        {
            "tool": "visit_url",
            "arguments": {"url": "https://a.example/"},
            "shows": "Title: Terns\nURL: https://a.example/",
        },
        {"say": "And now?", "role": "user"},
        {"run": "sed -n 1p x.py", "shows": "sed: x.py: No such file or directory", "exit_code": 2},
        {"say": "Order AB12345 is on its way."},
    ]
)


@pytest.fixture(scope="module")
def frames():
    """Each frame by name, with the columns that are declared for it beside those of the steps."""
    rules = load()
    located = pairing.located(pl.DataFrame(pl.from_arrow(table(STEPS))).select(schema.STEPS))
    calls = pairing.actions(located)
    observed = observations.observed(calls, rules)
    shown = pages.shown(observed, rules)
    plain = [lanes.Call(0, *row, False, False, False, False, None) for row in calls.select("tool", "arguments").rows()]
    walked = lanes.walk(plain, rules)
    used = uses.uses(located, shown, walked, rules)
    joined = walked.joined(shown.join(used, on=["lane_key", "action"], how="left", maintain_order="left"), rules)
    last = located.filter(pl.col("type") == "message").tail(1)
    of_observed = (*schema.LOCATED, *schema.CALLS, *schema.OBSERVED)
    of_joined = (*of_observed, *schema.PAGES, *schema.USES, *schema.FACTS, *schema.WALKED)
    return {
        "located": (located, schema.LOCATED),
        "calls": (calls, (*schema.LOCATED, *schema.CALLS)),
        "observed": (observed, of_observed),
        "shown": (shown, (*of_observed, *schema.PAGES)),
        "uses": (used, schema.USES),
        "joined": (joined, of_joined),
        "judged": (
            verdicts.judged(joined, walked.facts, rules),
            (*of_joined, *schema.CHECKS, *schema.EVIDENCE, *schema.JUDGED),
        ),
        "said": (notes.person_messages(located, rules), schema.SAID),
        "turns": (pairing.turn_sums(located), schema.TURNS),
        "unsupported": (claims.unsupported(located, last, last, rules), (*schema.LOCATED, *schema.UNSUPPORTED)),
    }


@pytest.mark.parametrize(
    "name",
    ["located", "calls", "observed", "shown", "uses", "joined", "judged", "said", "turns", "unsupported"],
)
def test_a_frame_has_the_columns_that_are_declared_and_no_other(frames, name):
    frame, columns = frames[name]
    declared = schema.polars_schema(columns)
    for ended in ("text", "instructed"):  # columns of a table that is joined, which end there
        declared.pop(ended, None)
    assert {column: frame.schema.get(column) for column in declared} == declared
    assert set(frame.columns) <= declared.keys() | set(schema.STEPS)
