-- One row a trace format: what lies in the lake now.
-- Grain: format. Reason: the first thing a reader asks of a report is what it is about. `undetected`: failed runs in
-- which no rule is sure of any failure; they say how far the counts of episodes are a floor. Steps and tokens that
-- several runs of a family share count once.
with sure as (
    select distinct episodes.trajectory_id,
    from labels
    inner join episodes using (episode_id, version)
    where labels.is_failure
)

select
    own_runs.format,
    count(*) filter (where own_runs.is_counted) as trajectories,
    sum(own_runs.steps)::bigint as steps,
    sum(own_runs.input_tokens)::bigint as input_tokens,
    sum(own_runs.output_tokens)::bigint as output_tokens,
    sum(own_runs.cost_usd) as cost_usd,
    count(*) filter (where outcomes.outcome = 'pass') as passed,
    count(*) filter (where outcomes.outcome = 'fail') as failed,
    count(*) filter (where outcomes.outcome = 'fail' and sure.trajectory_id is null) as undetected,
from own_runs
left join strongest_outcomes as outcomes using (trajectory_id)
left join sure using (trajectory_id)
group by own_runs.format
order by own_runs.format
