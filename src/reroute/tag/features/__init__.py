"""What is computed once per part from its steps: actions with targets, signatures and signals, and notes.

``build`` is pure and deterministic: steps in, two Arrow tables out. The rules that decide anything lie in ``sql/``.
"""

from reroute.tag.features.build import Features, build, code_hash
from reroute.tag.features.schema import STEPS as COLUMNS

__all__ = ["COLUMNS", "Features", "build", "code_hash"]
