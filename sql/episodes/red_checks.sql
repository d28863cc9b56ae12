-- One row a run of a check that is red and ought not to be.
-- Grain: action_key.
-- Reason: red alone is no failure: nearly every check first runs after a production edit, so a first red there only
-- nominates. Firm is an id that was green earlier, an id still red after an edit aimed at it, and a build or type
-- check that is red after the agent's own edits. A control, a check before any production edit and the agent's own
-- script that shows the bug are never failures.

with runs as (
    select
        check_runs.*,
        attempts.last_step,
        attempts.call_step,
        attempts.productions_through,
        lag(check_runs.failing_ids) over earlier as last_failing_ids,
        lag(check_runs.standing) over earlier as last_standing,
        lag(attempts.productions_through) over earlier as last_productions,
        coalesce(bool_or(check_runs.standing = 'green' and not check_runs.pre_existing) over (
            earlier rows between unbounded preceding and 1 preceding
        ), false) as was_green,
    from check_runs
    inner join attempts using (action_key)
    where not check_runs.control and not check_runs.own_script
    window earlier as (partition by check_runs.lane_key, check_runs.check_id order by check_runs.action_key)
),

passes as (
    select
        exploded.lane_key,
        exploded.check_id,
        exploded.id,
        min(exploded.action_key) as first_key,
    from (
        select
            runs.lane_key,
            runs.check_id,
            runs.action_key,
            unnest(runs.passed_ids) as id,
        from runs
    ) as exploded
    group by all
),

failing as (
    select
        runs.lane_key,
        runs.check_id,
        runs.action_key,
        unnest(runs.failing_ids) as id,
    from runs
),

broken as (
    select distinct failing.action_key,
    from failing
    inner join passes using (lane_key, check_id, id)
    where passes.first_key < failing.action_key
),

judged as (
    select
        runs.lane_key,
        runs.action_key,
        runs.last_step,
        runs.call_step,
        runs.failing_ids,
        case
            when runs.was_green or broken.action_key is not null then 'check_broken'
            when
                runs.last_standing = 'red'
                and runs.productions_through > runs.last_productions
                and (
                    list_has_any(runs.failing_ids, runs.last_failing_ids)
                    or (len(runs.failing_ids) = 0 and len(runs.last_failing_ids) = 0)
                )
                then 'check_still_red'
            when regexp_matches(runs.check_id, getvariable('builds')) then 'build_red'
            else 'check_first_red'
        end as signal,
    from runs
    left join broken using (action_key)
    where runs.standing = 'red' and runs.productions_through > 0
),

evidence as (
    select
        sightings.action_key,
        min_by(sightings, sightings.span_start) as first,
    from sightings
    where sightings.kind = 'check.red'
    group by sightings.action_key
)

select
    judged.lane_key,
    judged.action_key,
    judged.last_step as step,
    judged.call_step,
    'check.red' as kind,
    judged.signal,
    judged.signal != 'check_first_red' as firm,
    coalesce(evidence.first.field, 'content') as field,
    coalesce(evidence.first.quote, judged.failing_ids[1], '') as quote,
    coalesce(evidence.first.span_start, 0) as span_start,
    coalesce(evidence.first.span_end, 0) as span_end,
from judged
left join evidence using (action_key)
