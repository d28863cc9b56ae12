-- One row a sign that an edit did not apply.
-- Grain: (action_key, signal, span_start).
-- Reason: the tool's own refusal says so: no match, several matches, not read first, or a linter's veto.

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
