-- One row an action, with what its lane had seen and done by then.
-- Grain: action_key; keys follow each other without gaps inside a lane.
-- Reason: the shape in which every rule looks at actions. Distances count actions with an observation from outside the
-- model; an observation is new where no earlier action of the lane brought it.

with first_seen as (
    select
        lanes.lane_key,
        actions.observation_hash,
        min(lanes.first_key + actions.action) as action_key,
    from actions
    inner join lanes using (trajectory_id, version, lane)
    where actions.observation_hash is not null
    group by all
),

ends as (
    select
        totals.lane_key,
        max(totals.counted_through) as counted_in_lane,
    from totals
    group by all
)

select
    totals.action_key,
    totals.lane_key,
    actions.action,
    actions.call_step,
    coalesce(actions.result_step, actions.call_step) as last_step,
    actions.turn,
    actions.tool,
    actions.program,
    coalesce(actions.program, actions.tool) as instrument,
    actions.family,
    actions.external,
    actions.writes,
    actions.own_script,
    actions.control,
    actions.probe,
    actions.signature,
    actions.check_id,
    actions.check_result,
    actions.outcome_hint,
    actions.observation_hash,
    actions.error_template,
    actions.started_at,
    actions.cost_usd,
    deletions.program is not null as deletes,
    first_seen.action_key is not null and not coalesce(actions.empty, false) as is_new,
    totals.changed,
    totals.tokens,
    totals.changes_through,
    totals.productions_through,
    totals.persons_through,
    totals.tokens_known_through,
    totals.tokens_through,
    totals.cost_through,
    turns.counted_before_turn,
    turns.counted_through_turn,
    ends.counted_in_lane,
from actions
inner join lanes using (trajectory_id, version, lane)
inner join totals on lanes.first_key + actions.action = totals.action_key
inner join turns on totals.lane_key = turns.lane_key and totals.turn = turns.turn
inner join ends on totals.lane_key = ends.lane_key
left join first_seen on totals.action_key = first_seen.action_key
left join deletions on actions.program = deletions.program
