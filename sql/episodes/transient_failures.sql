-- One row a sign that the service or the network failed.
-- Grain: (action_key, signal, span_start).
-- Reason: the environment is the cause; a call without a result, not the last one, only nominates.

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
where sightings.kind = 'infra.transient'
