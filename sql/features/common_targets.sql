-- One row a target that a run carries in so many of its calls that sharing it says nothing.
-- Grain: (run_key, target).
-- Reason: account, person and session ids would join every failure with every later call. Calls that failed are not
-- counted: four attempts at one booking make its flights no less its target. Runs of few calls are left alone: there
-- one file is often the whole task.

with calls as (
    select
        acts.run_key,
        acts.targets,
    from acts
    where acts.outcome_hint is distinct from 'fail'
),

carried as (
    select
        calls.run_key,
        unnest(list_distinct(calls.targets)) as target,
    from calls
),

runs as (
    select
        calls.run_key,
        count(*) as calls,
    from calls
    group by all
)

select
    carried.run_key,
    carried.target,
from carried
inner join runs using (run_key)
cross join limits
where runs.calls >= limits.common_target_calls_min
group by carried.run_key, carried.target, runs.calls, limits.common_target_share
having count(*) > limits.common_target_share * runs.calls
