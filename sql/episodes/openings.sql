-- One row a failing action that opens an episode.
-- Grain: leader_key.
-- Reason: at most one episode is open per goal: a failure that an earlier open one covers belongs to that one. Whether
-- an earlier failure opened is known only in order, so each stretch of failures that can touch each other is folded
-- from left to right; `covered` holds the failures still ahead that an open episode will take.

with covers as (
    select
        follow_ups.leader_key,
        follow_ups.lane_key,
        coalesce(list_distinct(list(follow_ups.failing_leader) filter (
            where follow_ups.failing_leader > follow_ups.leader_key and not follow_ups.recovers
        )), []) as covered,
    from follow_ups
    group by all
),

reaching as (
    select
        covers.*,
        coalesce(max(list_max(covers.covered)) over (
            partition by covers.lane_key order by covers.leader_key
            rows between unbounded preceding and 1 preceding
        ), -1) < covers.leader_key as starts_anew,
    from covers
),

stretched as (
    select
        reaching.*,
        sum(reaching.starts_anew::integer) over (
            partition by reaching.lane_key order by reaching.leader_key
        ) as stretch,
    from reaching
),

in_order as (
    select
        stretched.lane_key,
        stretched.stretch,
        list(
            struct_pack(leader := stretched.leader_key, covered := stretched.covered) order by stretched.leader_key
        ) as failures,
    from stretched
    group by all
),

folded as (
    select -- noqa: LT09
        list_reduce( -- noqa: PRS
            in_order.failures,
            lambda state, failure: case
                when list_contains(state.covered, failure.leader) then state
                else {
                    opened: list_append(state.opened, failure.leader),
                    covered: list_concat(
                        list_filter(state.covered, lambda ahead: ahead > failure.leader), failure.covered
                    ),
                }
            end,
            {opened: []::bigint[], covered: []::bigint[]}
        ) as state,
    from in_order
)

select unnest(folded.state.opened) as leader_key,
from folded
