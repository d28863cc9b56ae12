"""OpenAI itself."""

from __future__ import annotations

from reroute.tune.providers._openai_dialect import OpenAIDialect

PROVIDER = OpenAIDialect(name="openai")
