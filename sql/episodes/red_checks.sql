-- One row a run of a check that is red and ought not to be.
-- Grain: action_key.
-- Reason: red alone is no failure: nearly every check first runs after a production edit, so a first red there only
-- nominates. Firm is an id that was green earlier, an id still red after an edit aimed at it, and a build or type
-- check that is red after the agent's own edits. A control, a check before any production edit and the agent's own
-- script that shows the bug are never failures. A control right after the run takes the place of a green run before
-- it; an id that was red before any production edit was perhaps never the agent's business, and only nominates again,
-- unless a later edit turns its check green. A build that was red before any edit is the code as it was found where
-- edits follow; where it is green without one, something else was missing, and where none follows, a person decides.

-- What was run before a branch began was run in it.
with lived as (
    select
        check_runs.*,
        false as inherited,
    from check_runs
    union all by name
    select
        check_runs.* replace (histories.lane_key as lane_key),
        true as inherited,
    from histories
    inner join check_runs
        on histories.above_key = check_runs.lane_key and histories.next_key > check_runs.action_key
),

runs as (
    select
        check_runs.*,
        attempts.last_step,
        attempts.call_step,
        attempts.productions_through,
        attempts.changes_through,
        lead(check_runs.action_key) over earlier as next_key,
        lag(check_runs.failing_ids) over earlier as last_failing_ids,
        lag(check_runs.standing) over earlier as last_standing,
        lag(attempts.productions_through) over earlier as last_productions,
        coalesce(bool_or(check_runs.standing = 'green' and not check_runs.pre_existing) over (
            earlier rows between unbounded preceding and 1 preceding
        ), false) as was_green,
        coalesce(max(case when check_runs.standing = 'green' then attempts.productions_through end) over (
            earlier rows between 1 following and unbounded following
        ) > attempts.productions_through, false) as turns_green,
        coalesce(bool_or(check_runs.standing = 'green' and attempts.productions_through = 0) over (
            earlier rows between 1 following and unbounded following
        ), false) as green_unedited,
    from lived as check_runs
    inner join attempts using (action_key)
    where not check_runs.control and not check_runs.own_script
    window earlier as (partition by check_runs.lane_key, check_runs.check_id order by attempts.call_step)
),

controls as (
    select
        check_runs.lane_key,
        check_runs.check_id,
        check_runs.action_key,
        attempts.changes_through,
    from check_runs
    inner join attempts using (action_key)
    where check_runs.control and check_runs.standing = 'green'
),

-- Nothing but the taking back lies between the run and its control.
confirmed as (
    select distinct runs.action_key,
    from runs
    inner join controls on runs.lane_key = controls.lane_key and runs.check_id = controls.check_id
    cross join limits
    where
        controls.action_key > runs.action_key
        and controls.action_key < coalesce(runs.next_key, controls.action_key + 1)
        and controls.changes_through - runs.changes_through <= limits.control_changes_max
),

before_edits as (
    select
        runs.lane_key,
        runs.check_id,
        list_distinct(flatten(list(runs.failing_ids))) as ids,
    from runs
    where runs.productions_through = 0 and runs.standing = 'red'
    group by all
),

passes as (
    select
        exploded.lane_key,
        exploded.check_id,
        exploded.id,
        min(exploded.call_step) as first_step,
    from (
        select
            runs.lane_key,
            runs.check_id,
            runs.call_step,
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
        runs.call_step,
        unnest(runs.failing_ids) as id,
    from runs
    where not runs.inherited
),

broken as (
    select distinct failing.action_key,
    from failing
    inner join passes using (lane_key, check_id, id)
    where passes.first_step < failing.call_step
),

edited as (
    select
        attempts.lane_key,
        max(attempts.productions_through) as productions,
    from attempts
    group by all
),

known as (
    select
        runs.*,
        before_edits.check_id is not null as red_before,
        list_filter(
            runs.failing_ids, lambda id: not list_contains(coalesce(before_edits.ids, []), id) -- noqa: RF02
        ) as fresh_ids,
    from runs
    inner join edited on runs.lane_key = edited.lane_key
    left join before_edits on runs.lane_key = before_edits.lane_key and runs.check_id = before_edits.check_id
    where
        runs.standing = 'red'
        and not runs.inherited
        and (
            runs.productions_through > 0
            or (
                regexp_matches(runs.check_id, getvariable('builds'))
                and (runs.green_unedited or edited.productions = 0)
            )
        )
),

judged as (
    select
        known.lane_key,
        known.action_key,
        known.last_step,
        known.call_step,
        known.failing_ids,
        case
            when known.productions_through = 0 and known.green_unedited then 'build_red'
            when known.productions_through = 0 then 'check_first_red'
            when known.was_green or broken.action_key is not null or confirmed.action_key is not null
                then 'check_broken'
            when known.red_before and len(known.fresh_ids) = 0 and not known.turns_green then 'check_first_red'
            when
                known.last_standing = 'red'
                and known.productions_through > known.last_productions
                and (
                    list_has_any(
                        case when len(known.fresh_ids) = 0 then known.failing_ids else known.fresh_ids end,
                        known.last_failing_ids
                    )
                    or (len(known.failing_ids) = 0 and len(known.last_failing_ids) = 0)
                )
                then 'check_still_red'
            when regexp_matches(known.check_id, getvariable('builds')) then 'build_red'
            else 'check_first_red'
        end as signal,
    from known
    left join broken using (action_key)
    left join confirmed using (action_key)
),

evidence as (
    select
        signal_hits.action_key,
        min_by(signal_hits, signal_hits.span_start) as first,
    from signal_hits
    where signal_hits.kind = 'check.red'
    group by signal_hits.action_key
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
