-- One row an action, with what its lane had seen and done by then.
-- Grain: action_key; keys follow each other without gaps inside a lane.
-- Reason: the shape in which every rule looks at acts. Distances count actions with an observation from outside the
-- model; an observation is new where no earlier action of the lane, or of the history that it shares, brought it.

with first_seen as (
    select
        acts.lane_key,
        acts.observation_hash,
        min(acts.action_key) as action_key,
    from acts
    where acts.observation_hash is not null
    group by all
),

inherited as (
    select distinct
        histories.lane_key,
        acts.observation_hash,
    from histories
    inner join acts on histories.above_key = acts.lane_key and histories.next_key > acts.action_key
    where acts.observation_hash is not null
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
    acts.action,
    acts.call_step,
    coalesce(acts.result_step, acts.call_step) as last_step,
    acts.turn,
    acts.tool,
    acts.program,
    coalesce(acts.program, acts.tool) as instrument,
    acts.family,
    acts.external,
    acts.writes,
    acts.own_script,
    acts.control,
    acts.probe,
    acts.signature,
    acts.signature_key,
    acts.pair_key,
    acts.check_id,
    acts.check_result,
    acts.outcome_hint,
    acts.observation_hash,
    acts.error_template,
    acts.started_at,
    deletions.program is not null as deletes,
    preparations.program is not null as prepares,
    first_seen.action_key is not null
    and inherited.lane_key is null
    and not coalesce(acts.empty, false) as is_new,
    totals.changed,
    totals.changes_through,
    totals.productions_through,
    totals.persons_through,
    acts.tokens_before,
    acts.tokens_through,
    acts.cost_before,
    acts.cost_through,
    turns.counted_before_turn,
    turns.counted_through_turn,
    ends.counted_in_lane,
from acts
inner join totals using (action_key)
inner join turns on totals.lane_key = turns.lane_key and totals.turn = turns.turn
inner join ends on totals.lane_key = ends.lane_key
left join first_seen on totals.action_key = first_seen.action_key
left join inherited
    on acts.lane_key = inherited.lane_key and acts.observation_hash = inherited.observation_hash
left join deletions on acts.program = deletions.program
left join preparations on acts.program = preparations.program
