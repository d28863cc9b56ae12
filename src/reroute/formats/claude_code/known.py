"""What of Claude Code's files is known: types of lines, their keys, and files of a session that hold no message."""

from __future__ import annotations

import re

RECORD_TYPES = frozenset({
    "assistant", "user", "summary", "file-history-snapshot", "queue-operation", "progress", "last-prompt",
    "custom-title", "ai-title", "agent-name", "agent-color", "agent-setting", "permission-mode", "mode", "tag",
    "pr-link", "worktree-state", "attachment/", "result/success", "result/error_max_turns",
    "result/error_during_execution", "result/error_max_budget_usd", "result/error_max_structured_output_retries",
    "system/init", "system/compact_boundary", "system/microcompact_boundary", "system/api_error", "system/api_retry",
    "system/turn_duration", "system/informational", "system/local_command", "system/stop_hook_summary",
    "system/away_summary", "system/status", "system/hook_started", "system/hook_progress", "system/hook_response",
    "system/task_started", "system/task_progress", "system/task_updated", "system/permission_denied",
    "system/task_notification", "system/files_persisted", "attribution-snapshot", "stream_event", "tool_progress",
    "tool_use_summary", "rate_limit_event", "auth_status", "prompt_suggestion",
})  # fmt: skip
"""Types of lines with their subtypes; one that ends with a slash stands for all that begin so."""

KEYS = frozenset({
    "type", "subtype", "status", "attempt", "decision_reason", "decision_reason_type", "output_file", "tool_name",
    "error_status", "max_retries", "retry_delay_ms", "task_id", "tool_use_id", "message", "uuid", "parentUuid",
    "logicalParentUuid", "sessionId", "session_id", "agentId", "parent_tool_use_id", "timestamp", "isSidechain",
    "isMeta", "isCompactSummary", "isApiErrorMessage", "attachment", "content", "error", "apiErrorStatus", "cwd",
    "version", "gitBranch", "costUSD", "requestId", "model", "tools", "total_cost_usd", "duration_ms", "errors",
    "userType", "toolUseResult", "isSnapshotUpdate", "messageId", "snapshot", "leafUuid", "summary", "thinkingMetadata",
    "mcp_servers", "permissionMode", "apiKeySource", "loglines", "durationMs", "origin", "operation", "promptId",
    "isVisibleInTranscriptOnly", "compactMetadata", "level", "retryAttempt", "retryInMs", "maxRetries", "cause",
    "result", "num_turns", "is_error", "duration_api_ms", "usage", "modelUsage", "permission_denials", "slash_commands",
    "output_style", "agents", "skills", "plugins", "slug", "todos", "toolUseID", "parentToolUseID", "sourceToolUseID",
    "sourceToolAssistantUUID", "data", "hookCount", "hookInfos", "hookErrors", "preventedContinuation", "stopReason",
    "hasOutput", "entrypoint", "customTitle", "aiTitle", "lastPrompt", "agentName", "agentColor", "mode", "tag",
    "structured_output", "fast_mode_state", "claude_code_version", "forkedFrom", "teamName", "microcompactMetadata",
    "isReplay", "isSynthetic", "tool_use_result", "stop_reason", "terminal_reason", "event", "rate_limit_info",
    "attributionAgent", "attributionSkill", "imagePasteIds", "planContent", "isApiRetry", "messageCount",
    "interruptedMessageId",
})  # fmt: skip
"""Keys of lines, those that are read and those that say nothing about a run."""

STAPLES = frozenset({"type", "message", "uuid"})
"""Keys without which hardly any file of several is."""

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_SIDE_FILES = (
    (r"(?:.*/)?subagents/(?:.+/)?journal\.jsonl", "the journal of a workflow: it holds no message"),
    (r"(?:.*/)?subagents/(?:.+/)?agent-[^/]*\.meta\.json", "facts about a sub-agent: it holds no message"),
    (r"(?:.*/)?sessions-index\.json", "an index of sessions: it holds no message"),
    (rf"(?:.*/)?{_ID}/tool-results/.+", "a tool's result that a session refers to: it holds no message"),
)
_PATTERNS = [(re.compile(rf"{pattern}\Z"), reason) for pattern, reason in _SIDE_FILES]


def side_file(name: str) -> str | None:
    """Why a file of this name belongs to a session and holds none of its steps; None where that is not known."""
    return next((reason for pattern, reason in _PATTERNS if pattern.match(name)), None)
