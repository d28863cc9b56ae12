-- One row an action, with what its lane had seen and done by then.
-- Grain: action_key; keys follow each other without gaps inside a lane.
-- Reason: distances count actions with an observation from outside the model, and parallel calls of one turn are no
-- distance from each other; running totals make every later span a subtraction instead of a join.

with keyed as (
    select
        lanes.first_key + actions.action as action_key,
        lanes.lane_key,
        lanes.run_key,
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
        actions.empty,
        actions.error_template,
        actions.user_before,
        actions.started_at,
        coalesce(actions.input_tokens, 0) + coalesce(actions.output_tokens, 0) as tokens,
        actions.input_tokens is not null or actions.output_tokens is not null as tokens_known,
        actions.cost_usd,
        edits.action_key is not null as changed,
        coalesce(edits.production, false) as production,
    from actions
    inner join lanes using (trajectory_id, version, lane)
    left join edits on lanes.first_key + actions.action = edits.action_key
),

running as (
    select
        keyed.*,
        sum(keyed.external::integer) over so_far as counted_through,
        sum(keyed.changed::integer) over so_far as changes_through,
        sum(keyed.production::integer) over so_far as productions_through,
        sum(keyed.user_before::integer) over so_far as persons_through,
        sum(keyed.tokens) over so_far as tokens_through,
        sum(keyed.tokens_known::integer) over so_far as tokens_known_through,
        sum(keyed.cost_usd) over so_far as cost_through,
    from keyed
    window so_far as (partition by keyed.lane_key order by keyed.action_key)
)

select
    running.* exclude (observation_hash, empty, counted_through, tokens_known),
    -- An observation counts as new where no earlier action of the lane brought it.
    running.observation_hash is not null
    and not coalesce(running.empty, false)
    and running.action_key
    = min(running.action_key) over (partition by running.lane_key, running.observation_hash) as is_new,
    running.observation_hash,
    min(running.counted_through - running.external::integer) over this_turn as counted_before_turn,
    max(running.counted_through) over this_turn as counted_through_turn,
    max(running.counted_through) over (partition by running.lane_key) as counted_in_lane,
from running
window this_turn as (partition by running.lane_key, running.turn)
