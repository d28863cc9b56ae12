-- One row a trajectory version: what its actions and last words come to.
-- Grain: (trajectory_id, version).
-- Reason: what can be said of a whole run without an episode. An action without an observation from outside the model
-- does not count; the lane with the most actions speaks for the run, and no branch that was given up does.

with counted as (
    select
        attempts.lane_key,
        attempts.action_key,
        attempts.call_step,
        attempts.changed,
        verdicts.verdict = 'fails' as fails,
    from attempts
    inner join verdicts using (action_key)
    inner join lanes on attempts.lane_key = lanes.lane_key
    where attempts.external and not lanes.given_up
),

summed as (
    select
        lanes.run_key,
        count(*) as actions,
        count(*) filter (where counted.fails) as failing,
        max_by(counted.fails, counted.action_key) as last_fails,
        max_by(counted.call_step, (counted.changed, counted.call_step)) as last_change,
    from counted
    inner join lanes using (lane_key)
    group by all
),

last_words as (
    select
        lanes.run_key,
        max_by(utterances.claims_success, (lanes.actions, utterances.step)) as claims,
        max_by(utterances.reports or utterances.hands_over, (lanes.actions, utterances.step)) as undone,
    from utterances
    inner join lanes using (lane_key)
    where utterances.role = 'assistant' and utterances.type = 'message' and not lanes.given_up
    group by all
),

hand_overs as (
    select distinct lanes.run_key,
    from signal_hits
    inner join lanes using (lane_key)
    where signal_hits.signal = 'hand_over' and not lanes.given_up
)

select distinct
    lanes.trajectory_id,
    lanes.version,
    coalesce(summed.actions, 0)::integer as actions,
    coalesce(summed.failing, 0)::integer as failing,
    coalesce(summed.last_fails, false) as last_fails,
    hand_overs.run_key is not null as handed_over,
    coalesce(last_words.claims, false) as claims,
    coalesce(last_words.undone, false) as undone,
    summed.last_change::integer as last_change,
from lanes
left join summed using (run_key)
left join last_words using (run_key)
left join hand_overs using (run_key)
