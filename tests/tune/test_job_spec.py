"""What a job may be, and when two job specs are the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from reroute.errors import UsageError
from reroute.llm_api.address import checked_address
from reroute.settings import Project, Settings, TuneSettings
from reroute.tune.capabilities import Capabilities
from reroute.tune.job_spec import JobSpec, settings_of
from reroute.tune.tuning import Tuning

from .conftest import MakeDataset


def test_hyperparameters_are_typed(table: Capabilities) -> None:
    texts = ["n_epochs=3", "batch_size=auto", "learning_rate_multiplier=0.5", "reasoning_effort=low"]
    assert settings_of(texts, "rft", table) == {
        "n_epochs": 3,
        "batch_size": "auto",
        "learning_rate_multiplier": 0.5,
        "reasoning_effort": "low",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"hyperparameters": {"n_epochs": 4}},
        {"suffix": "other"},
        {"attempt": 2},
        {"seed": 1},
        {"tier": "Standard"},
        {"model": "gpt-4o"},
        {"provider": "azure"},
        {"base_url": "https://other/v1"},
    ],
    ids=str,
)
def test_a_spec_that_differs_in_anything_has_another_key(make_dataset: MakeDataset, change: dict[str, object]) -> None:
    spec = JobSpec(make_dataset(), "openai", "https://host/v1", "gpt-4.1")
    assert replace(spec, **change).key != spec.key
    assert replace(spec).key == spec.key


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("n_epochs=0", "sft"),
        ("n_epochs=51", "sft"),
        ("n_epochs=2.5", "sft"),
        ("n_epochs", "sft"),
        ("epochs=3", "sft"),
        ("beta=0.1", "sft"),
        ("beta=0", "dpo"),
        ("beta=2.1", "dpo"),
        ("beta=nan", "dpo"),
        ("learning_rate_multiplier=0", "sft"),
        ("learning_rate_multiplier=inf", "sft"),
        ("compute_multiplier=0.00001", "rft"),
        ("reasoning_effort=extreme", "rft"),
    ],
)
def test_a_hyperparameter_out_of_range_is_refused_with_the_range(text: str, method: str, table: Capabilities) -> None:
    with pytest.raises(UsageError, match="expected"):
        settings_of([text], method, table)


@pytest.mark.parametrize(
    "base_url",
    [
        "ftp://host/v1",
        "host/v1",
        "http://provider.example/v1",
        "https://user:secret@host/v1",
        "https://host/v1?api-key=secret",
    ],
)
def test_an_address_that_would_leak_a_secret_is_refused_without_repeating_it(base_url: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked_address(base_url)
    assert "secret" not in str(refused.value).replace("nothing secret", "")


def test_the_configured_address_is_used_for_the_configured_provider_only(project: Project) -> None:
    tune = TuneSettings(provider="azure", base_url="https://mine.openai.azure.com/openai/v1/")
    tuning = Tuning(Project(project.root, Settings(tune=tune)))
    assert tuning.address("azure") == "https://mine.openai.azure.com/openai/v1"
    assert tuning.address("openai") == "https://api.openai.com/v1"


def test_azure_without_an_address_says_where_to_write_it(project: Project) -> None:
    with pytest.raises(UsageError, match="base_url"):
        Tuning(project).address("azure")
