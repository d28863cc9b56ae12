-- One row a sign that a command failed.
-- Grain: (action_key, signal, span_start).
-- Reason: a status or an exit code alone says little (`grep` without a match exits 1); with an error line it does.
-- Runs of tests and builds are judged by red_checks alone, unless the check itself did not run; probes, controls and
-- the agent's own scripts that show a bug are no failures, nor is the deletion of what is not there: what was wanted is
-- so. A slip fails whatever was run; only that an own script does not parse before any production edit may be the bug.

with needless as (
    select distinct sightings.action_key,
    from sightings
    inner join attempts using (action_key)
    where attempts.deletes and sightings.signal = 'no_such_file'
)

select
    sightings.lane_key,
    sightings.action_key,
    sightings.step,
    sightings.call_step,
    sightings.kind,
    sightings.signal,
    sightings.firm and not (
        attempts.own_script and sightings.signal = 'syntax_error' and attempts.productions_through = 0
    ) as firm,
    sightings.field,
    sightings.quote,
    sightings.span_start,
    sightings.span_end,
from sightings
inner join attempts using (action_key)
anti join needless on sightings.action_key = needless.action_key
left join slips on sightings.signal = slips.signal
where
    sightings.kind = 'shell.error'
    and (slips.signal is not null or not (attempts.own_script or attempts.probe or attempts.control))
    and coalesce(attempts.check_result, 'unknown') = 'unknown'
    and (sightings.firm or sightings.signal != 'exit_nonzero')
