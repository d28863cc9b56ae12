-- One row a run that a verifier or a person failed and in which no rule is sure of any failure (`silent.undetected`).
-- Grain: trajectory_id, of current versions.
-- Reason: most failed runs show no explicit error, so what the rules count is a floor; these runs are where a judge and
-- people look next. `nominations` counts the weak signs that wait for them there.

with sure as (
    select distinct labelled_episodes.trajectory_id,
    from labelled_episodes
    where labelled_episodes.is_failure
),

unsure as (
    select
        labelled_episodes.trajectory_id,
        count(*) as nominations,
    from labelled_episodes
    where labelled_episodes.is_failure is null
    group by all
)

select
    trajectories.trajectory_id,
    trajectories.version,
    trajectories.format,
    trajectories.task_id,
    coalesce(unsure.nominations, 0) as nominations,
from trajectories
inner join strongest_outcomes using (trajectory_id)
anti join sure on trajectories.trajectory_id = sure.trajectory_id
left join unsure on trajectories.trajectory_id = unsure.trajectory_id
where trajectories.is_current and strongest_outcomes.outcome = 'fail'
