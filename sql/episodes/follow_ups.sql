-- One row an action that counts for a failing one, in order, through the first that recovers it.
-- Grain: (leader_key, action_key); the failing action itself is the first.
-- Reason: as if every failing action opened an episode. After so many actions in a row off the goal it sleeps, and is
-- revived only by the same signature, the same check, the same tool on a shared target or a write to the target.

with spaced as (
    select
        comparisons.*,
        lag(comparisons.counted_through_turn) over (
            partition by comparisons.leader_key order by comparisons.action_key
        ) as last_counted,
    from comparisons
),

-- A stretch is what follows on one another without falling asleep in between.
stretched as (
    select
        spaced.*,
        count(*) filter (
            where spaced.counted_before_turn - spaced.last_counted >= limits.dormant_after
        ) over (partition by spaced.leader_key order by spaced.action_key) as stretch,
    from spaced
    cross join limits
),

awake as (
    select stretched.*,
    from stretched
    qualify
        stretched.stretch = 0
        or bool_or(stretched.close_by) over (
            partition by stretched.leader_key, stretched.stretch order by stretched.action_key
        )
),

numbered as (
    select
        awake.*,
        count(*) filter (where awake.could_recover) over (
            partition by awake.leader_key order by awake.action_key
            rows between unbounded preceding and 1 preceding
        ) as recoveries_before,
    from awake
)

select
    numbered.leader_key,
    numbered.lane_key,
    numbered.action_key,
    numbered.kind,
    numbered.sibling,
    numbered.same_signature,
    numbered.signature,
    numbered.error_template,
    numbered.failing_ids,
    numbered.written,
    numbered.changed,
    numbered.verdict,
    numbered.failing_leader,
    numbered.counted_through_turn,
    numbered.could_recover as recovers,
    numbered.undecided,
from numbered
where numbered.recoveries_before = 0
