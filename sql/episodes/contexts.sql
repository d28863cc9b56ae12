-- One row an episode, with what surrounds its first failure.
-- Grain: episode_id.
-- Reason: whether a sign is a failure depends on the action before it and the one after, and on what went wrong before:
-- errors cluster. An episode without an action (a limit that a message shows) has no surroundings.

with signs as (
    select
        findings.action_key,
        list(distinct findings.signal order by findings.signal) as signals,
    from findings
    where findings.action_key is not null
    group by all
),

lined_up as (
    select
        attempts.lane_key,
        attempts.call_step,
        attempts.family,
        coalesce(signs.signals, []) as signals,
        lag(coalesce(signs.signals, []), 1, []) over in_order as signals_before,
        lead(coalesce(signs.signals, []), 1, []) over in_order as signals_after,
        count(failures.action_key) over (in_order rows between unbounded preceding and 1 preceding) as errors_before,
        (row_number() over in_order - 1) / greatest(count(*) over (partition by attempts.lane_key) - 1, 1) as position,
    from attempts
    left join signs using (action_key)
    left join failures using (action_key)
    window in_order as (partition by attempts.lane_key order by attempts.action_key)
)

select
    episodes.episode_id,
    episodes.trajectory_id,
    episodes.version,
    lined_up.family,
    coalesce(lined_up.signals, list_transform(episodes.evidence, lambda span: span.signal)) as signals, -- noqa: RF01
    coalesce(lined_up.signals_before, []) as signals_before,
    coalesce(lined_up.signals_after, []) as signals_after,
    coalesce(lined_up.errors_before, 0)::integer as errors_before,
    coalesce(lined_up.position, 1)::double as position,
from episodes
inner join lanes using (trajectory_id, version, lane)
left join lined_up on lanes.lane_key = lined_up.lane_key and episodes.onset_step = lined_up.call_step
