"""Token counts: exact where tiktoken and its vocabulary are here, else estimated, with what is missing."""

from __future__ import annotations

import hashlib
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from reroute import tokens

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    tokens.counter.cache_clear()
    yield
    tokens.counter.cache_clear()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    return tmp_path


def test_without_tiktoken_tokens_are_estimated_and_the_note_names_the_extra(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cache / hashlib.sha1(tokens._ADDRESS.encode()).hexdigest()).write_text("")
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    monkeypatch.setattr(tokens.importlib.util, "find_spec", lambda _: None)
    counter = tokens.counter()
    assert not counter.exact
    assert counter.count("a text of twenty-nine letters") == 8
    assert counter.basis == "estimated at 4 bytes a token"
    assert "pip install 'reroute[tokens]'" in tokens.how_to_count()


def test_without_the_vocabulary_tokens_are_estimated_and_the_note_names_the_folder(cache: Path) -> None:
    pytest.importorskip("tiktoken")
    assert not tokens.counter().exact
    assert "TIKTOKEN_CACHE_DIR" in tokens.how_to_count()
    assert "pip install" not in tokens.how_to_count()


def test_a_vocabulary_that_is_here_is_asked_of_tiktoken(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tiktoken = pytest.importorskip("tiktoken")
    (cache / hashlib.sha1(tokens._ADDRESS.encode()).hexdigest()).write_text("")
    letters = tiktoken.Encoding(
        "letters", pat_str=".", mergeable_ranks={bytes([n]): n for n in range(256)}, special_tokens={}
    )
    monkeypatch.setattr(tiktoken, "get_encoding", {"o200k_base": letters}.__getitem__)
    assert tokens.counter().exact
    assert tokens.counter().count("seven l") == 7


def test_tiktoken_is_an_extra_and_pandas_is_left_to_those_who_need_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert not [one for one in project["dependencies"] if one.startswith(("tiktoken", "pandas"))]
    assert [one for one in extras["tokens"] if one.startswith("tiktoken")]
    assert "reroute[tokens]" in extras["dev"]
