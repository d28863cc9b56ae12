-- One row an action, with the running totals of its lane.
-- Grain: action_key.
-- Reason: running totals make every later span a subtraction instead of a join; few columns keep their sorting cheap.
-- A lane that shares history begins with the changes that were made there.
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
    from acts
    left join edits using (action_key)
),

inherited as (
    select
        histories.lane_key,
        count(*) filter (where keyed.changed) as changes,
        count(*) filter (where keyed.production) as productions,
    from histories
    inner join keyed on histories.above_key = keyed.lane_key and histories.next_key > keyed.action_key
    group by all
)

select
    keyed.action_key,
    keyed.lane_key,
    keyed.turn,
    keyed.external,
    keyed.changed,
    count(case when keyed.external then 1 end) over so_far as counted_through,
    count(case when keyed.changed then 1 end) over so_far + coalesce(inherited.changes, 0) as changes_through,
    count(case when keyed.production then 1 end) over so_far
    + coalesce(inherited.productions, 0) as productions_through,
    count(case when keyed.user_before then 1 end) over so_far as persons_through,
from keyed
left join inherited using (lane_key)
window so_far as (partition by keyed.lane_key order by keyed.action_key)
