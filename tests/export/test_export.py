import json
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from reroute import datasets
from reroute.errors import GateFailed, RerouteError
from reroute.export import compose, export, gather, recipe, verification
from reroute.export.gates.row_rules import Checker
from reroute.storage import store

SCHEMA = Path(__file__).parents[1] / "openai_spec/openai-dataset-line-schemas.2025-05-20.json"


def draft(project, name="recovery-sft", **changed):
    plan = recipe.load(name)
    selected = {"select": plan.select.model_copy(update=changed.pop("select"))} if "select" in changed else {}
    return compose.compose(project, plan.model_copy(update=changed | selected), gather.candidates(project))


def rules(made) -> dict[str, str]:
    return {drop.candidate: drop.rule for drop in made.drops}


def tree(folder: Path) -> dict[str, str]:
    return {str(p): sha256(p.read_bytes()).hexdigest() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_both_recipes_go_through_their_gates_and_the_same_again_changes_no_byte(bookings):
    made = [export(bookings, name) for name in ("recovery-sft", "recovery-rft")]
    before = tree(bookings.data_dir)
    again = [export(bookings, name) for name in ("recovery-sft", "recovery-rft")]
    assert [(one.rows, one.passed, one.unchanged) for one in made] == [(57, True, False), (40, True, False)]
    assert [one.unchanged for one in again] == [True, True]
    assert tree(bookings.data_dir) == before
    for one in made:
        assert {p.name for p in one.folder.iterdir()} == {
            "train.jsonl", "validation.jsonl", "manifest.json", "card.md", "ledger.parquet", "gates.html",
        }  # fmt: skip
        assert "https://" not in (one.folder / "gates.html").read_text().split("<body")[0]
        assert verification.verify(bookings, datasets.find(bookings, one.recipe)) == []
    _check_an_interrupted_export_is_completed(bookings, made[0].folder)
    _check_damage_is_seen(bookings, made[0].folder)


def _check_an_interrupted_export_is_completed(project, folder):
    (folder.parent / ".inputs.json").unlink()
    (folder.parent / "latest").unlink()
    with store.of(project).write() as connection:
        before = [
            connection.execute(f"select * from {t} order by all").fetchall() for t in ("datasets", "dataset_rows")
        ]
        connection.execute("delete from datasets where recipe = 'recovery-sft'")
        connection.execute("delete from dataset_rows where recipe = 'recovery-sft'")
    assert export(project, "recovery-sft").unchanged
    with store.of(project).read() as connection:
        after = [connection.execute(f"select * from {t} order by all").fetchall() for t in ("datasets", "dataset_rows")]
    assert after == before


def _check_damage_is_seen(project, folder):
    lines = (folder / "train.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "train.jsonl").write_bytes(b"".join([lines[0].replace(b"book", b"look"), *lines[1:]]))
    with store.of(project).write() as connection:
        connection.execute("delete from trajectories where trajectory_id = 'run0000'")
    wrong = verification.verify(project, datasets.find(project, "recovery-sft"))
    assert [problem.split(":")[0] for problem in wrong] == [
        "train.jsonl is not the file that was written; lines that differ",
        "1 rows come from trajectory versions that the store no longer has",
    ]


def graded_by(project, text: str) -> None:
    """Give the project a grader of its own."""
    folder = project.root / "exports/graders"
    folder.mkdir(parents=True)
    (folder / "action_match.py").write_text(f"def grade(sample, item):\n    {text}\n")


def test_a_failed_gate_leaves_no_row_file_and_says_which(bookings, monkeypatch):
    monkeypatch.setattr(Checker, "checked", lambda _, row: row)
    graded_by(bookings, "return 0.25")
    with pytest.raises(GateFailed, match="every reference scores 1"):
        export(bookings, "recovery-rft")
    (failed,) = (bookings.datasets / "recovery-rft").glob("*.failed")
    assert {p.name for p in failed.iterdir()} == {"manifest.json", "card.md", "ledger.parquet", "gates.html"}
    assert json.loads((failed / "manifest.json").read_bytes())["passed"] is False
    with store.of(bookings).read() as connection:
        assert connection.execute("select passed from datasets").fetchall() == [(False,)]
    with pytest.raises(GateFailed, match="the grader passes its self-test"):
        export(bookings, "recovery-rft")


def test_a_dry_run_writes_nothing(bookings):
    before = tree(bookings.data_dir)
    made = export(bookings, "recovery-sft", dry_run=True)
    assert (made.rows, made.folder, tree(bookings.data_dir)) == (57, None, before)


def test_an_empty_store_says_what_to_do(project):
    with pytest.raises(RerouteError, match="Run `reroute collect` and `reroute tag` first"):
        export(project, "recovery-sft")


def test_no_row_at_all_is_an_error_that_says_why(world):
    world.booked(1, outcome="fail")
    with pytest.raises(RerouteError, match=r"none of 1 candidates became a row \(tier_not_taken 1\)"):
        export(world.commit(), "recovery-sft")


def test_every_candidate_is_a_row_or_in_the_ledger(world):
    outcomes = ["recovered_repair", "conceded", "handed_off", "reported", "looped", "recovered_fix"]
    for n, outcome in enumerate(outcomes):
        world.booked(n, ended=outcome)
    made = draft(world.commit(), "recovery-rft")
    assert len(made.lines) + len(made.drops) == made.candidates == 6
    assert set(rules(made).values()) == {"not_recovered"}
    assert [line.row.candidate.id for line in made.lines] == ["e0000"]


def test_weak_signals_wait_for_a_grade(world):
    world.booked(1, nominated=True)
    world.booked(2, nominated=True)
    project = world.commit()
    world.grade("e0001", "failure", "yes")
    assert rules(draft(project)) == {"e0002": "not_graded"}


def test_a_person_can_drop_an_episode(world):
    world.booked(1)
    project = world.commit()
    world.grade("e0001", "keep", "drop")
    assert rules(draft(project)) == {"e0001": "graded_drop"}


def test_a_held_out_task_never_gets_in(world):
    world.booked(1)
    assert rules(draft(world.commit(), select={"held_out_tasks": ("task-1",)})) == {"e0001": "held_out_task"}


def test_what_the_prompt_does_not_tell_is_no_reference(world):
    world.booked(1)
    arguments = {"flight": "HAT001", "user": "ann_lee_0001", "amount": 999}
    world.items[0].steps[7].arguments = json.dumps(arguments)
    made = draft(world.commit(), "recovery-rft")
    assert [(drop.rule, drop.reason) for drop in made.drops] == [
        ("not_inferable", "nothing before the recovery tells '999' in amount")
    ]


def test_the_same_call_again_is_no_reference(world):
    world.booked(1)
    steps = world.items[0].steps
    steps[7].arguments = steps[2].arguments
    assert rules(draft(world.commit(), "recovery-rft")) == {"e0001": "same_action"}


@pytest.mark.parametrize("text", ["a <|endoftext|> b", "<|fim_suffix|>"])
def test_a_special_token_drops_the_row(world, text):
    world.booked(1)
    world.items[0].steps[3].content = text
    assert rules(draft(world.commit())) == {"e0001": "special_token"}


def test_a_row_that_is_too_long_is_dropped(world):
    world.booked(1)
    assert rules(draft(world.commit(), max_tokens=20)) == {"e0001": "too_long"}


def test_placeholders_of_redaction_are_fine(world):
    world.booked(1)
    world.items[0].steps[1].content = "Book HAT001 for ann_lee_0001, <email:7f3a>"
    made = draft(world.commit())
    assert "<email:7f3a>" in made.lines[0].encoded.decode()


def test_tasks_stand_on_one_side_and_the_order_of_rows_says_nothing(bookings):
    made = draft(bookings)
    ids = [line.row.row_id for line in made.of("train")]
    assert ids == sorted(ids)
    assert {x.row.candidate.run.group for x in made.of("train")}.isdisjoint(
        x.row.candidate.run.group for x in made.of("validation")
    )


def test_siblings_of_a_task_give_what_is_acceptable(world):
    world.booked(1, task="same", failed_signature="s")
    world.booked(1 + 40, task="same", failed_signature="s")
    steps = world.items[1].steps
    for step, mine in zip(steps, world.items[0].steps, strict=True):
        step.content, step.arguments = mine.content, mine.arguments
    steps[5].content = "I could also do it in one go."
    steps[7].tool = "book_now"
    made = draft(world.commit(), "recovery-rft")
    named = [(line.data["reference"]["name"], line.data["acceptable"][0]["name"]) for line in made.lines]
    assert set(named) <= {("book", "book_now"), ("book_now", "book")}
    assert set(rules(made).values()) <= {"duplicate", "near_duplicate"}


def test_every_line_follows_openais_schema(bookings):
    from jsonschema import Draft202012Validator

    text = SCHEMA.read_text("utf-8").replace("#/components/schemas/", "#/$defs/")
    definitions = {"$defs": json.loads(text)["schemas"]}
    for name, kind in (
        ("recovery-sft", "FineTuneChatRequestInput"),
        ("recovery-rft", "FineTuneReinforcementRequestInput"),
    ):
        validator = Draft202012Validator(definitions | {"$ref": f"#/$defs/{kind}"})
        for line in draft(bookings, name).lines:
            validator.validate(line.data)


def test_the_yield_says_what_is_missing(world):
    for n in range(6):
        world.booked(n, nominated=n > 2)
    assert draft(world.commit(), "recovery-rft").note == (
        "3 rows; 100 need about 200 more runs or fewer with the 3 grades that are waited for (about 2 rows)."
    )


def test_the_command_answers_in_words_and_in_json(bookings):
    from reroute.cli import app

    runner, home = CliRunner(), str(bookings.root)
    counted = runner.invoke(app, ["export", "recovery-sft", "--dry-run", "--json", "-C", home])
    listed = runner.invoke(app, ["dataset", "list", "-C", home])
    assert json.loads(counted.stdout)["rows"] == 57
    assert "no datasets yet" in listed.stdout


def test_a_run_that_only_talks_or_states_an_error_is_no_clean_run(world, talk):
    world.run("talk0001", talk.says("user", "Hello there").says("assistant", "Hello!").done(), "t1")
    world.booked(1)
    world.run("error0001", world.items[1].steps, "t2")
    world.items[2].steps[3].status = "error"
    assert rules(draft(world.commit())) == {"talk0001": "no_conversation", "error0001": "not_clean"}


def test_two_rows_do_not_teach_the_same_reply(world):
    world.booked(1)
    world.episode(world.items[0], "later", 2, 5)
    assert "overlap" in rules(draft(world.commit())).values()
