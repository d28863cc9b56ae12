-- One row an action, with the running totals of its lane.
-- Grain: action_key.
-- Reason: running totals make every later span a subtraction instead of a join; few columns keep their sorting cheap.
-- A filter inside a window would be counted anew for every row: time by the square of the lane.

with keyed as (
    select
        acts.action_key,
        acts.lane_key,
        acts.turn,
        acts.external,
        coalesce(acts.user_before, false) as user_before,
        edits.action_key is not null as changed,
        coalesce(edits.production, false) as production,
        (coalesce(acts.input_tokens, 0) + coalesce(acts.output_tokens, 0))::double as tokens,
        acts.input_tokens is not null or acts.output_tokens is not null as tokens_known,
        acts.cost_usd,
    from acts
    left join edits using (action_key)
)

select
    keyed.action_key,
    keyed.lane_key,
    keyed.turn,
    keyed.external,
    keyed.changed,
    keyed.tokens,
    count(case when keyed.external then 1 end) over so_far as counted_through,
    count(case when keyed.changed then 1 end) over so_far as changes_through,
    count(case when keyed.production then 1 end) over so_far as productions_through,
    count(case when keyed.user_before then 1 end) over so_far as persons_through,
    count(case when keyed.tokens_known then 1 end) over so_far as tokens_known_through,
    sum(keyed.tokens) over so_far as tokens_through,
    sum(keyed.cost_usd) over so_far as cost_through,
from keyed
window so_far as (partition by keyed.lane_key order by keyed.action_key)
