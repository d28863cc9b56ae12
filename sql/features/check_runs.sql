-- One row a run of a test, build or type check, with the failing ids that are the agent's business.
-- Grain: action_key.
-- Reason: a control (the check with the edit taken back) sets the baseline backwards: ids that are red there as well
-- are `pre_existing` in every run of that check in the lane, before and after, and in the branches that share it.

with runs as (
    select
        acts.action_key,
        acts.lane_key,
        acts.check_id,
        acts.control,
        acts.own_script,
        acts.check_result,
        list_sort(list_distinct(coalesce(acts.failed_ids, []))) as failed_ids,
        list_sort(list_distinct(coalesce(acts.passed_ids, []))) as passed_ids,
    from acts
    where acts.family = 'check'
),

controls as (
    select
        runs.lane_key,
        runs.check_id,
        runs.check_result,
        runs.failed_ids,
    from runs
    where runs.control and runs.check_id is not null
    union all by name
    select
        histories.lane_key,
        runs.check_id,
        runs.check_result,
        runs.failed_ids,
    from histories
    inner join runs on histories.above_key = runs.lane_key and histories.next_key > runs.action_key
    where runs.control and runs.check_id is not null
),

baselines as (
    select
        controls.lane_key,
        controls.check_id,
        list_distinct(flatten(list(controls.failed_ids))) as pre_existing,
        bool_or(controls.check_result = 'red' and len(controls.failed_ids) = 0) as wholly,
    from controls
    group by all
),

judged as (
    select
        runs.*,
        coalesce(baselines.wholly, false) as wholly,
        list_filter(
            runs.failed_ids,
            lambda id: not list_contains(coalesce(baselines.pre_existing, []), id) -- noqa: RF02
        ) as failing_ids,
    from runs
    left join baselines on runs.lane_key = baselines.lane_key and runs.check_id = baselines.check_id
)

select
    judged.action_key,
    judged.lane_key,
    judged.check_id,
    judged.control,
    judged.own_script,
    judged.failing_ids,
    judged.passed_ids,
    len(judged.failed_ids) > len(judged.failing_ids) as pre_existing,
    case
        when judged.check_result = 'green' then 'green'
        when judged.check_result = 'red' and len(judged.failing_ids) > 0 then 'red'
        when judged.check_result = 'red' and len(judged.failed_ids) > 0 then 'green'
        when judged.check_result = 'red' and judged.wholly then 'unknown'
        when judged.check_result = 'red' then 'red'
        else 'unknown'
    end as standing,
from judged
