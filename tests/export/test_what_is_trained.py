"""What a dataset trains on, compares and accepts, seen from the store to the lines."""

import pytest
from msgspec.structs import replace

from reroute.export import compose, gather, recipe
from reroute.storage import store
from reroute.trace import Step, number

LONG = " ".join(f"rule{n}" for n in range(400))
"""Instructions that outweigh everything else in a row."""
REPEATED = {"duplicate", "near_duplicate"}


def draft(project, name="recovery-sft"):
    return compose.compose(project, recipe.load(name), gather.candidates(project))


def rules(project) -> dict[str, str]:
    return {drop.candidate: drop.rule for drop in draft(project).drops}


def weights(project) -> list[tuple[int, str]]:
    """The weight of each reply of the only line, with the first call's name or the words."""
    (line,) = draft(project).lines
    replies = [message for message in line.data["messages"] if message["role"] == "assistant"]
    names = [r["tool_calls"][0]["function"]["name"] if "tool_calls" in r else r["content"] for r in replies]
    return [(reply["weight"], name) for reply, name in zip(replies, names, strict=True)]


def answered(request: str) -> list[Step]:
    """A run that calls a tool once and answers."""
    return number([
        Step(role="system", type="message", content="You look flights up."),
        Step(role="user", type="message", content=request),
        Step(role="assistant", type="call", tool="look_up", arguments='{"what": "flights"}', call_id="c", turn=1),
        Step(role="tool", type="result", tool="look_up", content=f"{request} Yes.", call_id="c", parent_step=2, turn=1),
        Step(role="assistant", type="message", content="Yes.", turn=2),
    ])  # fmt: skip


def points_at(project, call: int, *, firm: bool) -> None:
    """Another finding of the same run, at another call."""
    with store.of(project).write() as connection:
        connection.execute(
            "insert into findings select * replace (? as call_step, ? + 1 as step, ? as firm) from findings",
            [call, call, firm],
        )


def test_a_call_that_a_weak_signal_points_at_is_not_trained_on(world):
    world.booked(1)
    project = world.commit()
    points_at(project, 5, firm=False)
    assert weights(project)[:3] == [(0, "book"), (0, "get_price"), (1, "book")]


@pytest.mark.parametrize(("firm", "dropped"), [(False, {}), (True, {"e0001": "recovery_fails"})])
def test_only_a_firm_signal_makes_a_failure_of_the_call_that_recovers(world, firm, dropped):
    world.booked(1)
    project = world.commit()
    points_at(project, 7, firm=firm)
    assert rules(project) == dropped


@pytest.mark.parametrize("evidence", [4, 5, 6])
def test_no_reply_is_trained_on_before_the_evidence_of_the_failure_was_seen(world, evidence):
    world.booked(1, manifest_step=evidence)
    assert weights(world.commit())[:3] == [(0, "book"), (0, "get_price"), (1, "book")]


def test_instructions_that_runs_share_make_no_duplicates_of_them(world):
    world.booked(1)
    world.booked(2)
    for name, request in [("clean1", "When does HAT100 leave Lisbon?"), ("clean2", "Seats free towards Oslo?")]:
        world.run(name, answered(request), name)
    for item in world.items:
        item.steps[0].content = LONG
    assert REPEATED.isdisjoint(rules(world.commit()).values())


def test_recoveries_that_differ_in_their_instructions_alone_are_duplicates(world):
    world.booked(1)
    first = world.items[0]
    steps = [replace(first.steps[0], content=LONG), *first.steps[1:]]
    world.episode(world.run("instructed", steps, "another task"), "instructed", 2, 7)
    assert REPEATED & set(rules(world.commit()).values())


def test_clean_runs_that_differ_in_their_instructions_alone_are_duplicates(world):
    for n in range(6):
        world.booked(n)
    for name, instructions in [("brief", "Answer."), ("instructed", LONG)]:
        steps = answered("When does HAT100 leave Lisbon?")
        world.run(name, [replace(steps[0], content=instructions), *steps[1:]], name)
    assert {"brief", "instructed"} & {name for name, rule in rules(world.commit()).items() if rule in REPEATED}


def test_an_action_of_another_run_is_not_acceptable_where_its_values_are_not_known(world):
    for n in (1, 2):
        world.booked(n, task="same", failed_signature="s")
    lines = draft(world.commit(), "recovery-rft").lines
    assert [line.data["acceptable"] for line in lines] == [[], []]
