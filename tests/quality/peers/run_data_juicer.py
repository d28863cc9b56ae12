"""Run py-data-juicer's agent operators, those that ask no model, over runs; it runs in that tool's own environment.

``python run_data_juicer.py RUNS.jsonl ANSWER.json``, a run a line as chat messages; writes each run's tier and the
seconds that the operators took, without importing and loading.
"""

import json
import sys
import time
from pathlib import Path

from data_juicer.core.data import NestedDataset
from data_juicer.ops.mapper.agent_bad_case_signal_mapper import AgentBadCaseSignalMapper
from data_juicer.ops.mapper.agent_dialog_normalize_mapper import AgentDialogNormalizeMapper
from data_juicer.ops.mapper.tool_success_tagger_mapper import ToolSuccessTaggerMapper

OPERATORS = (AgentDialogNormalizeMapper, ToolSuccessTaggerMapper, AgentBadCaseSignalMapper)


def main() -> None:
    """The chain that the tool's own demonstration uses, on two processes."""
    runs = [json.loads(line) for line in Path(sys.argv[1]).read_text("utf-8").splitlines()]
    dataset = NestedDataset.from_list([{"id": run["id"], "text": "", "messages": run["messages"]} for run in runs])
    began = time.perf_counter()
    for operator in OPERATORS:
        dataset = operator(num_proc=2).run(dataset)
    seconds = time.perf_counter() - began
    tiers = {row["id"]: row["__dj__meta__"]["agent_bad_case_tier"] for row in dataset}
    Path(sys.argv[2]).write_text(json.dumps({"seconds": seconds, "tiers": tiers}), "utf-8")


if __name__ == "__main__":
    main()
