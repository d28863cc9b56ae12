-- One row a sign that an edit did not apply.
-- Grain: (action_key, signal, span_start).
-- Reason: the tool's own refusal says so: no match, several matches, not read first, or a linter's veto. Where nothing
-- is said, a later look at the file may show that it stayed as it was (`silent_edits`).

select
    sightings.lane_key,
    sightings.action_key,
    sightings.step,
    sightings.call_step,
    sightings.kind,
    sightings.signal,
    sightings.firm,
    sightings.field,
    sightings.quote,
    sightings.span_start,
    sightings.span_end,
from sightings
where sightings.kind = 'edit.rejected'
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
