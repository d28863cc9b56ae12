"""The verbs as a person types them. Azure's gpt-5 is ordered here, since no end of it is known."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reroute.cli import app
from reroute.errors import RerouteError
from reroute.settings import Project

from .conftest import KEY, MakeDataset
from .loopback import Loopback

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command in the project and returns exit code, stdout and stderr."""
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("COLUMNS", "140")

    def call(*arguments: str) -> tuple[int, str, str]:
        try:
            app(list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
        except RerouteError as error:
            code = error.exit_code
            print(error, file=sys.stderr)
        out = capsys.readouterr()
        return code, out.out, out.err

    return call


def test_submit_without_yes_shows_everything_and_sends_nothing(
    run: Run, make_dataset: MakeDataset, provider: Loopback
) -> None:
    make_dataset("rft")
    code, out, err = run("job", "submit", "recovery-rft", *_azure(provider))
    assert code == 2
    assert "Nothing was sent" in err
    for word in ("recovery-rft@", "gpt-5", "unknown", "train.jsonl: 12 rows", provider.url, "right-tool"):
        assert word in out
    assert not provider.requests


def test_submit_watch_show_and_list_tell_one_story(run: Run, make_dataset: MakeDataset, provider: Loopback) -> None:
    make_dataset("rft")
    code, out, _ = run("job", "submit", "recovery-rft", *_azure(provider), "--yes")
    assert (code, "ftjob-1" in out) == (0, True)
    code, out, _ = run("job", "submit", "recovery-rft", *_azure(provider))
    assert (code, "ftjob-1" in out, len(provider.jobs)) == (0, True, 1)
    provider.events = [{"id": "ev-1", "created_at": 1, "level": "info", "message": "[red]begun"}]
    provider.statuses = ["succeeded"]
    code, out, err = run("job", "watch", "ftjob-1")
    assert (code, "ft:gpt-5:acme::1" in out, "[red]begun" in err) == (0, True, True)
    code, out, _ = run("job", "show", "ftjob-1")
    assert (code, "[red]begun" in out, "succeeded" in out) == (0, True, True)
    code, out, _ = run("job", "list", "--json")
    [job] = json.loads(out)
    assert (job["status"], job["price_usd"]) == ("succeeded", None)


def test_watching_a_job_that_fails_exits_with_1(run: Run, make_dataset: MakeDataset, provider: Loopback) -> None:
    make_dataset("rft")
    run("job", "submit", "recovery-rft", *_azure(provider), "--yes")
    provider.statuses = ["failed"]
    assert run("job", "watch", "ftjob-1")[0] == 1


def test_cancel_stops_the_job(run: Run, make_dataset: MakeDataset, provider: Loopback) -> None:
    make_dataset("rft")
    run("job", "submit", "recovery-rft", *_azure(provider), "--yes")
    code, out, _ = run("job", "cancel", "ftjob-1")
    assert (code, "cancelled" in out) == (0, True)


def test_preflight_exits_with_1_on_errors_and_names_the_date(run: Run, make_dataset: MakeDataset) -> None:
    make_dataset("rft")
    code, out, _ = run("dataset", "preflight", "recovery-rft", "--model", "o4-mini", "--today", "2026-11-21")
    assert code == 1
    assert "2026-10-23" in out
    assert "not ready" in out


def test_preflight_of_a_good_dataset_exits_with_0(run: Run, make_dataset: MakeDataset) -> None:
    make_dataset("rft")
    arguments = ("dataset", "preflight", "recovery-rft", "--provider", "azure", "--model", "gpt-5")
    assert run(*arguments)[0] == 0
    code, out, _ = run(*arguments, "--json")
    assert (code, json.loads(out)["passed"]) == (0, True)


def test_estimate_compares_offers_and_shows_unknown(run: Run, make_dataset: MakeDataset) -> None:
    make_dataset("rft")
    code, out, _ = run("dataset", "estimate", "recovery-rft")
    assert (code, "unknown" in out, "$0" in out) == (0, True, False)
    code, out, _ = run("dataset", "estimate", "recovery-rft", "--provider", "azure", "--model", "gpt-5", "--json")
    assert json.loads(out)["price"]["usd"] is None


def test_providers_shows_what_is_closed(run: Run, make_dataset: MakeDataset) -> None:
    code, out, _ = run("providers", "--today", "2026-11-21")
    assert code == 0
    assert "closed since 2026-10-23" in out
    make_dataset("dpo")
    code, out, _ = run("providers", "--for", "recovery-dpo")
    assert (code, "o4-mini" in out) == (0, False)


def test_an_unknown_provider_or_dataset_is_wrong_usage(run: Run, make_dataset: MakeDataset) -> None:
    make_dataset()
    assert run("dataset", "preflight", "recovery-sft", "--provider", "acme")[0] == 2
    assert run("dataset", "preflight", "recovery-none")[0] == 2


def test_no_output_ever_holds_the_key(run: Run, make_dataset: MakeDataset, provider: Loopback, tmp_path: Path) -> None:
    make_dataset("rft")
    texts = [*run("job", "submit", "recovery-rft", *_azure(provider), "--yes")[1:], *run("job", "show", "ftjob-1")[1:]]
    texts += [path.read_bytes().decode("latin-1") for path in tmp_path.rglob("*") if path.is_file()]
    assert not [text for text in texts if KEY in text]


def _azure(provider: Loopback) -> list[str]:
    return ["--provider", "azure", "--model", "gpt-5", "--base-url", provider.url]
