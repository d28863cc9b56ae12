-- One row a sign that an edit did not apply.
-- Grain: (action_key, signal, span_start).
-- Reason: the tool's own refusal says so: no match, several matches, not read first, or a linter's veto. Where nothing
-- is said, a later look at the file may show that it stayed as it was (`silent_edits`).

select
    signal_hits.lane_key,
    signal_hits.action_key,
    signal_hits.step,
    signal_hits.call_step,
    signal_hits.kind,
    signal_hits.signal,
    signal_hits.firm,
    signal_hits.field,
    signal_hits.quote,
    signal_hits.span_start,
    signal_hits.span_end,
from signal_hits
where signal_hits.kind = 'edit.rejected'
union all by name
select
    silent_edits.lane_key,
    silent_edits.action_key,
    attempts.last_step as step,
    attempts.call_step,
    'edit.rejected' as kind,
    'edit_unchanged' as signal,
    false as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from silent_edits
inner join attempts using (action_key)
