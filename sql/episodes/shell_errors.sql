-- One row a sign that a command failed.
-- Grain: (action_key, signal, span_start).
-- Reason: a status or an exit code alone says little (`grep` without a match exits 1); with an error line it does.
-- Runs of tests and builds are judged by red_checks alone, unless the check itself did not run; probes, controls and
-- the agent's own scripts that show a bug are no failures, nor is the deletion of what is not there: what was wanted is
-- so. A slip fails whatever was run; only that an own script does not parse before any production edit may be the bug.

with needless as (
    select distinct signal_hits.action_key,
    from signal_hits
    inner join attempts using (action_key)
    where attempts.deletes and signal_hits.signal = 'no_such_file'
)

select
    signal_hits.lane_key,
    signal_hits.action_key,
    signal_hits.step,
    signal_hits.call_step,
    signal_hits.kind,
    signal_hits.signal,
    signal_hits.firm and not (
        attempts.own_script and signal_hits.signal = 'syntax_error' and attempts.productions_through = 0
    ) as firm,
    signal_hits.field,
    signal_hits.quote,
    signal_hits.span_start,
    signal_hits.span_end,
from signal_hits
inner join attempts using (action_key)
anti join needless on signal_hits.action_key = needless.action_key
left join slips on signal_hits.signal = slips.signal
where
    signal_hits.kind = 'shell.error'
    and (slips.signal is not null or not (attempts.own_script or attempts.probe or attempts.control))
    and coalesce(attempts.check_result, 'unknown') = 'unknown'
    and (signal_hits.firm or signal_hits.signal != 'exit_nonzero')
