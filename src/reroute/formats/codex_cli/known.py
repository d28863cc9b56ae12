"""What of Codex's files is known: types of lines with what they hold, and the keys of lines."""

from __future__ import annotations

_ITEMS = {
    "response_item", "message", "reasoning", "function_call", "function_call_output", "custom_tool_call",
    "custom_tool_call_output", "local_shell_call", "local_shell_call_output", "web_search_call",
    "image_generation_call", "tool_search_call", "tool_search_output", "ghost_snapshot", "compaction",
    "compaction_trigger", "context_compaction", "agent_message",
}  # fmt: skip
_EVENTS = {
    "event_msg", "task_started", "task_complete", "turn_started", "turn_complete", "turn_completed", "turn_failed",
    "turn_aborted", "thread_rolled_back", "token_count", "user_message", "agent_message_delta",
    "agent_message_content_delta", "agent_reasoning", "agent_reasoning_delta", "agent_reasoning_raw_content",
    "agent_reasoning_raw_content_delta", "agent_reasoning_section_break", "reasoning_content_delta",
    "reasoning_raw_content_delta", "session_configured", "thread_name_updated", "mcp_startup_update",
    "mcp_startup_complete", "mcp_tool_call_begin", "mcp_tool_call_end", "web_search_begin", "web_search_end",
    "image_generation_begin", "image_generation_end", "exec_command_begin", "exec_command_output_delta",
    "exec_command_end", "terminal_interaction", "view_image_tool_call", "exec_approval_request",
    "apply_patch_approval_request", "request_user_input", "elicitation_request", "deprecation_notice",
    "background_event", "undo_started", "undo_completed", "stream_error", "error", "warning", "patch_apply_begin",
    "patch_apply_end", "turn_diff", "plan_update", "plan_delta", "shutdown_complete", "entered_review_mode",
    "exited_review_mode", "raw_response_item", "context_compacted", "model_reroute", "item_started/", "item_updated/",
    "item_completed/", "collab_agent_spawn_begin", "collab_agent_spawn_end", "collab_agent_interaction_begin",
    "collab_agent_interaction_end", "collab_waiting_begin", "collab_waiting_end", "collab_close_begin",
    "collab_close_end", "guardian_assessment", "exec_command_end/", "patch_apply_end/", "mcp_tool_call_end/",
}  # fmt: skip

RECORD_TYPES = frozenset({"session_meta", "turn_context", "compacted", "state", "world_state"} | _ITEMS | _EVENTS)
"""Types of lines, by what they hold; one that ends with a slash stands for all that begin so."""

KEYS = frozenset({
    "timestamp", "type", "payload", "ordinal", "record_type", "id", "instructions", "git", "thread_id", "usage", "item",
    "error", "message", "role", "content", "name", "arguments", "call_id", "output", "summary", "encrypted_content",
    "status", "action", "input",
})  # fmt: skip
"""Keys of lines, those of the flat files of 2025 and of ``codex exec --json`` among them."""

STAPLES = frozenset({"type", "timestamp"})
"""Keys without which hardly any file of several is."""
