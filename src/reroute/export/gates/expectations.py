"""The gates: Great Expectations over the frames of facts, and its page. The only module that imports it."""

from __future__ import annotations

import html
import logging
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reroute.export.gates.facts import Expectation, Refused

if TYPE_CHECKING:
    import polars as pl

# The page asks other hosts for styles, scripts and a logo with a time stamp; here it must open without a network.
_REMOTE = re.compile(
    r"<script\b[^>]*\bsrc=[\"']https?:[^>]*>\s*</script>|<link\b[^>]*\bhref=[\"']https?:[^>]*>|"
    r"<img\b[^>]*\bsrc=[\"']https?:[^>]*>|<a\b[^>]*\bhref=[\"']https?:[^>]*>|background:\s*url\([\"']?https?:[^;]*;",
    re.IGNORECASE,
)
_STYLE = """<style>body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid #ccc;padding:.3rem .6rem;text-align:left}
.modal,.navbar,footer,.collapse:not(.show) form{display:none}.badge{background:#eee;padding:0 .3rem}
.fa-check-circle:before{content:"passed";color:#17703a}.fa-times:before{content:"failed";color:#b00020}</style></head>"""


@dataclass(frozen=True)
class Verdict:
    """What the gates said."""

    passed: bool
    failed: tuple[str, ...]
    """Titles of the expectations that did not hold, with what was found."""
    checked: int
    page: str
    """HTML."""


def check(
    name: str, frames: Mapping[str, pl.DataFrame], expectations: Sequence[Expectation], refused: Sequence[Refused]
) -> Verdict:
    """Check every expectation on its frame; ``name`` heads the page, and after it stand the ``refused`` rows."""
    # Read when the package is imported.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    # Under Prefect's logging it would tell an operator of its temporary folders.
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False, metric_calculations=False)
    source = context.data_sources.add_pandas("dataset")
    results: list[Any] = []
    failed: list[str] = []
    for frame, facts in frames.items():
        wanted = [
            getattr(gx.expectations, one.kind)(column=one.column, description=one.title, **one.arguments)
            for one in expectations
            if one.frame == frame
        ]
        if wanted:
            whole = source.add_dataframe_asset(frame).add_batch_definition_whole_dataframe("all")
            batch = whole.get_batch({"dataframe": facts.to_pandas()})
            results.append(batch.validate(gx.ExpectationSuite(name=frame, expectations=wanted)))
            for one in results[-1].results:
                if not one.success:
                    values = one.result.get("partial_unexpected_list") or [one.exception_info]
                    where = f"{frame}.{one.expectation_config.kwargs['column']}"
                    failed.append(f"{one.expectation_config.description} ({where}: found {values[0]})")
    return Verdict(not failed, tuple(failed), len(expectations), _page(name, results, refused))


def _page(name: str, results: Sequence[Any], refused: Sequence[Refused]) -> str:
    from great_expectations.core import ExpectationSuiteValidationResult
    from great_expectations.render.renderer import ValidationResultsPageRenderer  # type: ignore[attr-defined]
    from great_expectations.render.view import DefaultJinjaPageView  # type: ignore[attr-defined]

    merged = [one for result in results for one in result.results]
    good = sum(bool(one.success) for one in merged)
    whole = ExpectationSuiteValidationResult(
        success=good == len(merged),
        results=merged,
        suite_name=name,
        meta=results[0].meta,
        statistics={
            "evaluated_expectations": len(merged),
            "successful_expectations": good,
            "unsuccessful_expectations": len(merged) - good,
            "success_percent": 100 * good / len(merged),
        },
    )
    page: str = DefaultJinjaPageView().render(ValidationResultsPageRenderer().render(whole))  # type: ignore[no-untyped-call]
    head, body, rest = re.split(r"(<body[^>]*>)", _REMOTE.sub("", page).replace("</head>", _STYLE, 1), maxsplit=1)
    if not refused:
        return head + body + rest
    # Their words quote traces, so everything is escaped.
    fields = [(one.row_id, one.gate, one.rule, one.text) for one in refused]
    rows = ["".join(f"<td>{html.escape(text)}</td>" for text in row) for row in fields]
    columns = "<tr><th>row</th><th>gate</th><th>rule</th><th>found</th></tr>"
    table = f"<table>{columns}{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"
    return f"{head}{body}<h2>Rows that were refused</h2>{table}{rest}"
