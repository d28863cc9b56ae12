-- One row: every threshold that the models use, a column each.
-- Grain: the whole of thresholds.csv.
-- Reason: a model joins this one row and names the number that it means.

select
    max(thresholds.value) filter (where thresholds.name = 'dormant_after')::bigint as dormant_after,
    max(thresholds.value) filter (where thresholds.name = 'goal_actions_max')::bigint as goal_actions_max,
    max(thresholds.value) filter (where thresholds.name = 'common_target_share') as common_target_share,
    max(thresholds.value) filter (where thresholds.name = 'common_target_calls_min')::bigint as common_target_calls_min,
    max(thresholds.value) filter (where thresholds.name = 'need_overlap_min') as need_overlap_min,
    max(thresholds.value) filter (where thresholds.name = 'requery_change_min') as requery_change_min,
    max(thresholds.value) filter (where thresholds.name = 'same_failure_loop')::bigint as same_failure_loop,
    max(thresholds.value) filter (where thresholds.name = 'stall_window')::bigint as stall_window,
    max(thresholds.value) filter (where thresholds.name = 'stall_pairs')::bigint as stall_pairs,
    max(thresholds.value) filter (where thresholds.name = 'stall_failures')::bigint as stall_failures,
    max(thresholds.value) filter (where thresholds.name = 'stall_returns')::bigint as stall_returns,
    max(thresholds.value) filter (where thresholds.name = 'stall_messages')::bigint as stall_messages,
    max(thresholds.value) filter (where thresholds.name = 'dead_page_chars_max')::bigint as dead_page_chars_max,
    max(thresholds.value) filter (where thresholds.name = 'drift_searches_min')::bigint as drift_searches_min,
    max(thresholds.value) filter (where thresholds.name = 'echo_words_min')::bigint as echo_words_min,
    max(thresholds.value) filter (where thresholds.name = 'score_firm') as score_firm,
    max(thresholds.value) filter (where thresholds.name = 'score_nominated') as score_nominated,
    max(thresholds.value) filter (where thresholds.name = 'score_degraded') as score_degraded,
    max(thresholds.value) filter (where thresholds.name = 'shared_incident_minutes')::bigint as shared_incident_minutes,
    max(thresholds.value) filter (
        where thresholds.name = 'shared_incident_trajectories'
    )::bigint as shared_incident_trajectories,
    max(thresholds.value) filter (where thresholds.name = 'suspects_max')::bigint as suspects_max,
    max(thresholds.value) filter (where thresholds.name = 'evidence_spans')::bigint as evidence_spans,
    max(thresholds.value) filter (where thresholds.name = 'control_changes_max')::bigint as control_changes_max,
    max(thresholds.value) filter (where thresholds.name = 'call_overlap_min') as call_overlap_min,
    max(thresholds.value) filter (where thresholds.name = 'reroute_overlap_min') as reroute_overlap_min,
    max(thresholds.value) filter (where thresholds.name = 'commanded_within')::bigint as commanded_within,
    max(thresholds.value) filter (where thresholds.name = 'commanded_words_min')::bigint as commanded_words_min,
    max(thresholds.value) filter (where thresholds.name = 'word_chars_min')::bigint as word_chars_min,
from thresholds
