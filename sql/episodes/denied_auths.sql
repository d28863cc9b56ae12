-- One row a sign that a call was not let in.
-- Grain: (action_key, signal, span_start).
-- Reason: 401, 403 and their words; whose fault it is, is open.

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
where sightings.kind = 'auth.denied'
