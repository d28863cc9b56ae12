-- One row a trace format: what lies in the lake now.
-- Grain: format. Reason: the first thing a reader asks of a report is what it is about. `undetected`: failed runs in
-- which no rule is sure of any failure; they say how far the counts of episodes are a floor.
with sure as (
    select distinct episodes.trajectory_id,
    from labels
    inner join episodes using (episode_id, version)
    where labels.is_failure
)

select
    trajectories.format,
    count(*) as trajectories,
    sum(trajectories.steps)::bigint as steps,
    count(*) filter (where outcomes.outcome = 'pass') as passed,
    count(*) filter (where outcomes.outcome = 'fail') as failed,
    count(*) filter (where outcomes.outcome = 'fail' and sure.trajectory_id is null) as undetected,
from trajectories
left join strongest_outcomes as outcomes using (trajectory_id)
left join sure using (trajectory_id)
where trajectories.is_current
group by trajectories.format
order by trajectories.format
