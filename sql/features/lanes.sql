-- One row a lane: one line of work inside a trajectory version.
-- Grain: lane_key, a number for the lane; run_key is one for the trajectory version.
-- Reason: everything below is computed within a lane, and joins on small numbers are cheap. The keys live as long as
-- one run of the models and are never stored. What a lane shares of another one is in histories.

with members as (
    select
        actions.trajectory_id,
        actions.version,
        actions.lane,
        any_value(actions.forked_from) as forked_from,
        any_value(actions.forked_step) as forked_step,
        any_value(actions.forked_after) as forked_after,
        bool_or(actions.given_up) as given_up,
        count(*) as actions,
    from actions
    group by all
    union all by name
    select
        notes.trajectory_id,
        notes.version,
        notes.lane,
        any_value(notes.forked_from) as forked_from,
        any_value(notes.forked_step) as forked_step,
        any_value(notes.forked_after) as forked_after,
        bool_or(notes.given_up) as given_up,
        0 as actions,
    from notes
    group by all
),

sized as (
    select
        members.trajectory_id,
        members.version,
        members.lane,
        any_value(members.forked_from) as forked_from,
        any_value(members.forked_step) as forked_step,
        any_value(members.forked_after) as forked_after,
        coalesce(bool_or(members.given_up), false) as given_up,
        sum(members.actions)::bigint as actions,
    from members
    group by all
)

select
    row_number() over (order by sized.trajectory_id, sized.version, sized.lane) as lane_key,
    dense_rank() over (order by sized.trajectory_id, sized.version) as run_key,
    sized.trajectory_id,
    sized.version,
    sized.lane,
    sized.forked_from,
    sized.forked_step,
    sized.forked_after,
    sized.given_up,
    sized.actions,
    coalesce(sum(sized.actions) over (
        order by sized.trajectory_id, sized.version, sized.lane
        rows between unbounded preceding and 1 preceding
    ), 0)::bigint as first_key,
from sized
