-- One row a trace format: what lies in the lake now.
-- Grain: format. Reason: the first thing a reader asks of a report is what it is about.
select
    trajectories.format,
    count(*) as trajectories,
    sum(trajectories.steps)::bigint as steps,
    count(*) filter (where outcomes.outcome = 'pass') as passed,
    count(*) filter (where outcomes.outcome = 'fail') as failed,
from trajectories
left join strongest_outcomes as outcomes using (trajectory_id)
where trajectories.is_current
group by trajectories.format
order by trajectories.format
