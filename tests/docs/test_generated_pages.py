"""The generated pages are what their source says now."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("generate_docs", Path(__file__).with_name("generate.py"))
generate = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(generate)


@pytest.mark.parametrize("page", generate.PAGES)
def test_a_generated_page_is_current(page: str) -> None:
    written = (generate.REFERENCE / page).read_text("utf-8")
    assert written == generate.PAGES[page](), "run `make docs`"
