-- One row a sign that a well-formed call was refused by state or rule.
-- Grain: (action_key, signal, span_start).
-- Reason: the most common failure of API agents, and rarely marked as an error by the source.

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
where sightings.kind = 'call.rejected'
