"""Azure OpenAI and Foundry: the dialect under ``https://<resource>.openai.azure.com/openai/v1/``."""

from __future__ import annotations

from reroute.tune.providers._openai_dialect import OpenAIDialect

PROVIDER = OpenAIDialect(
    name="azure",
    waits_for_files=True,
    tiers=frozenset({"GlobalStandard", "Standard", "Developer"}),
    price_notes=("The price is not stated by training tier.",),
)
