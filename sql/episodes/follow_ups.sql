-- One row an action that counts for a failing one, in order, through the first that recovers it.
-- Grain: (leader_key, action_key); the failing action itself is the first.
-- Reason: as if every failing action opened an episode. After so many actions in a row off the goal it sleeps, and is
-- revived only by the same signature, the same check, the same tool on a shared target or a write to the target.

with words as (
    select
        keys.action_key,
        count(*) as words,
    from keys
    where keys.weak
    group by all
),

wished as (
    select
        goals.leader_key,
        count(*) filter (where goals.weak) as words,
    from goals
    group by all
),

on_goal as (
    select
        candidates.leader_key,
        candidates.action_key,
        candidates.target,
        candidates.test,
        candidates.written,
        candidates.files,
    from candidates
    inner join wished using (leader_key)
    left join words using (action_key)
    cross join limits
    where
        candidates.hard
        or candidates.words >= limits.need_overlap_min * least(wished.words, words.words)
    union all by name
    select
        failures.leader_key,
        failures.action_key,
        true as target,
        false as test,
        false as written,
        []::text[] as files,
    from failures
    where failures.action_key = failures.leader_key
),

compared as (
    select
        on_goal.*,
        first.lane_key,
        failures.kind,
        attempts.turn = first.turn as sibling,
        attempts.signature = first.signature as same_signature,
        coalesce(attempts.check_id = first.check_id, false) as same_check,
        attempts.instrument is not distinct from first.instrument as same_instrument,
        attempts.signature,
        attempts.error_template,
        attempts.changed,
        attempts.counted_before_turn,
        attempts.counted_through_turn,
        verdicts.verdict,
        verdicts.failing_kind,
        verdicts.leader_key as failing_leader,
        attempts.external
        and not attempts.control
        and (first.deletes or not attempts.deletes)
        and attempts.turn != first.turn
        and case
            when failures.kind = 'check.red'
                then
                    attempts.family = 'check'
                    and (
                        attempts.check_id = first.check_id
                        or on_goal.test
                        or (
                            len(expected.failing_ids) > 0
                            and (
                                list_has_all(verdicts.passed_ids, expected.failing_ids)
                                or list_has_all(coalesce(on_goal.files, []), list_transform(
                                    expected.failing_ids, lambda id: 'file:' || split_part(id, '::', 1)
                                ))
                            )
                        )
                    )
            when kinds.write_for_write and first.writes then attempts.changed
            else true
        end as suits,
        attempts.is_new or attempts.changed or coalesce(verdicts.standing = 'green', false) as brings,
        -- A check that could not run is over once it runs, whatever it then finds.
        failures.kind = 'shell.error'
        and first.family = 'check'
        and attempts.family = 'check'
        and attempts.check_result in ('red', 'green') as runs_again,
    from on_goal
    inner join attempts using (action_key)
    inner join verdicts using (action_key)
    inner join attempts as first on on_goal.leader_key = first.action_key
    inner join verdicts as expected on on_goal.leader_key = expected.action_key
    inner join failures on on_goal.leader_key = failures.action_key
    inner join kinds on failures.kind = kinds.kind
),

judged as (
    select
        compared.*,
        compared.same_signature
        or compared.same_check
        or compared.written
        or (compared.same_instrument and compared.target) as close_by,
        compared.suits and compared.brings and (compared.verdict = 'ok' or compared.runs_again)
        or compared.suits
        and compared.kind = 'call.invalid'
        and compared.failing_kind is distinct from 'call.invalid' as could_recover,
        count(*) filter (
            where compared.counted_before_turn - compared.last_counted >= limits.dormant_after
        ) over in_order as stretch,
    from (
        select
            compared.*,
            lag(compared.counted_through_turn) over (
                partition by compared.leader_key order by compared.action_key
            ) as last_counted,
        from compared
    ) as compared
    cross join limits
    window in_order as (partition by compared.leader_key order by compared.action_key)
),

awake as (
    select judged.*
    from judged
    qualify
        judged.stretch = 0
        or bool_or(judged.close_by) over (
            partition by judged.leader_key, judged.stretch order by judged.action_key
        )
)

select
    awake.leader_key,
    awake.lane_key,
    awake.action_key,
    awake.kind,
    awake.sibling,
    awake.same_signature or awake.same_check as same_signature,
    awake.signature,
    awake.error_template,
    awake.written,
    awake.changed,
    awake.verdict,
    awake.failing_leader,
    awake.counted_through_turn,
    awake.could_recover as recovers,
    awake.suits and awake.verdict = 'unknown' as undecided,
from awake
qualify
    coalesce(bool_or(awake.could_recover) over (
        partition by awake.leader_key order by awake.action_key
        rows between unbounded preceding and 1 preceding
    ), false) = false
