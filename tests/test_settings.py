"""reroute.toml: what is refused in it, and what the refusal says."""

from __future__ import annotations

from pathlib import Path

import pytest

from reroute.errors import ConfigError
from reroute.settings import Settings, SourceSettings, load

SECTIONS = {
    name: info.annotation for name, info in Settings.model_fields.items() if name not in {"data_dir", "sources"}
}
KEYS = [(f"[{name}]", name, key) for name, section in SECTIONS.items() for key in section.model_fields]
KEYS += [("[[sources]]", "sources", key) for key in SourceSettings.model_fields]


def refusal(folder: Path, text: str) -> str:
    (folder / "reroute.toml").write_text(text)
    with pytest.raises(ConfigError) as refused:
        load(folder)
    return str(refused.value)


@pytest.mark.parametrize(("header", "section", "key"), KEYS)
def test_a_misspelt_key_is_refused_with_the_key_that_was_meant(
    tmp_path: Path, header: str, section: str, key: str
) -> None:
    said = refusal(tmp_path, f"{header}\n{key[:-1]} = 1\n")
    assert f"unknown key `{section}." in said
    assert f"Did you mean `{section}.{key}`?" in said


@pytest.mark.parametrize(("text", "meant"), [("[colect]\n", "collect"), ("part_mb = 1\n", "collect.part_mb")])
def test_a_misspelt_section_and_a_key_outside_its_section_are_known_again(
    tmp_path: Path, text: str, meant: str
) -> None:
    assert f"Did you mean `{meant}`?" in refusal(tmp_path, text)


def test_a_key_like_no_other_is_refused_without_a_guess(tmp_path: Path) -> None:
    said = refusal(tmp_path, '[review]\nurl = "http://127.0.0.1:8080"\n')
    assert "unknown key `review.url`. `reroute init --print` shows every key" in said
