-- One row a sign that a page which was to be read is gone or closed.
-- Grain: (action_key, signal, span_start).
-- Reason: what the source states (a status, an error) counts. Words alone count only on a page that says little else:
-- a long one is a document about such pages. A probe of a guessed address has not failed, nor has reading on or
-- filling in a form, which open no page.

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
inner join acts using (action_key)
cross join limits
where
    sightings.kind = 'browse.dead'
    and not acts.probe
    and coalesce(acts.gesture not in ('scroll', 'look', 'type', 'select'), true)
    and (
        acts.status = 'error'
        or sightings.field = 'http_status'
        or coalesce(acts.observation_chars, 0) <= limits.dead_page_chars_max
    )
