-- One row a sign that the harness could not parse or validate a call.
-- Grain: (action_key, signal, span_start).
-- Reason: the call never reached its tool; the next accepted call on the same goal repairs it.

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
where sightings.kind = 'call.invalid'
