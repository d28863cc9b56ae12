-- One row a later action that shares a key with a failing one.
-- Grain: (leader_key, action_key); nth counts them from 1 in order.
-- Reason: only the next so many are looked at, so that a lane that repeats one target for ever costs no more than its
-- length.

with wanted as (
    select
        keys.lane_key,
        keys.key,
        keys.action_key,
        keys.written,
        row_number() over by_key as place,
        count(*) over (partition by keys.lane_key, keys.key) as places,
    from keys
    semi join goals on keys.lane_key = goals.lane_key and keys.key = goals.key
    window by_key as (partition by keys.lane_key, keys.key order by keys.action_key)
),

starts as (
    select
        goals.leader_key,
        goals.lane_key,
        goals.key,
        goals.weak,
        goals.stand_in,
        wanted.place,
        wanted.places,
    from goals
    asof inner join wanted
        on goals.lane_key = wanted.lane_key and goals.key = wanted.key and goals.leader_key <= wanted.action_key
),

following as (
    select
        starts.leader_key,
        starts.lane_key,
        starts.key,
        starts.weak,
        starts.stand_in,
        unnest(range(starts.place, least(starts.place + limits.goal_actions_max, starts.places) + 1)) as place,
    from starts
    cross join limits
),

shared as (
    select
        following.leader_key,
        following.lane_key,
        wanted.action_key,
        bool_or(not following.weak and not starts_with(following.key, 'program:')) as hard,
        bool_or(starts_with(following.key, 'program:')) as program,
        bool_or(not following.weak and not following.stand_in) as target,
        bool_or(starts_with(following.key, 'test:')) as test,
        bool_or(wanted.written) as written,
        list(following.key order by following.key) filter (where starts_with(following.key, 'file:')) as files,
        count(*) filter (where following.weak) as words,
        count(*) filter (where not following.weak and not following.stand_in) as things,
    from following
    inner join wanted using (lane_key, key, place)
    where wanted.action_key > following.leader_key
    group by following.leader_key, following.lane_key, wanted.action_key
)

select
    shared.*,
    row_number() over (partition by shared.leader_key order by shared.action_key) as nth,
from shared
cross join limits
qualify nth <= limits.goal_actions_max
