-- One row an action on the goal of a failing one, set beside it; the failing action itself is the first.
-- Grain: (leader_key, action_key).
-- Reason: whether an action could recover a failure. It must not fail, bring something new, come from outside the
-- model and not from a sibling; a red check is recovered by a check of the same ids alone, a refused write by a write
-- alone, a rejected call by the next accepted one. A deletion recovers nothing but a failed deletion, nor a preparation
-- (chmod, mkdir) anything but a failed one; and a refused change is not met by a change of something else.

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
        count(*) filter (where not goals.weak and not goals.stand_in) as things,
    from goals
    group by all
),

-- Two calls of one program without any target are about the same where they share their words.
worded as (
    select
        candidates.leader_key,
        candidates.action_key,
        len(list_intersect(first.tokens, acts.tokens)) as shared,
        len(list_distinct(first.tokens || acts.tokens)) as all_words,
        len(first.tokens) = 0 as wordless,
    from candidates
    inner join acts using (action_key)
    inner join acts as first on candidates.leader_key = first.action_key
    where candidates.program and not candidates.hard
),

on_goal as (
    select
        candidates.leader_key,
        candidates.action_key,
        candidates.target or candidates.program as target,
        candidates.test,
        candidates.written,
        coalesce(candidates.files, []) as files,
        candidates.things >= limits.reroute_overlap_min * wished.things as whole,
    from candidates
    inner join wished using (leader_key)
    left join words using (action_key)
    left join worded using (leader_key, action_key)
    cross join limits
    where
        candidates.hard
        or worded.wordless
        or worded.shared >= limits.call_overlap_min * worded.all_words
        or (
            candidates.words > 0
            and candidates.words >= limits.need_overlap_min * least(wished.words, words.words)
        )
    union all by name
    select
        failures.leader_key,
        failures.action_key,
        true as target,
        false as test,
        false as written,
        []::text[] as files,
        true as whole,
    from failures
    where failures.action_key = failures.leader_key
),

beside as (
    select
        on_goal.leader_key,
        on_goal.action_key,
        on_goal.target,
        on_goal.written,
        first.lane_key,
        failures.kind,
        -- What was called before the failure showed is no answer to it.
        attempts.turn = first.turn or attempts.call_step < first.last_step as sibling,
        attempts.signature = first.signature as same_signature,
        coalesce(attempts.check_id = first.check_id, false) as same_check,
        coalesce(attempts.instrument = first.instrument, false) as same_instrument,
        attempts.signature,
        attempts.error_template,
        verdicts.failing_ids,
        attempts.changed,
        attempts.writes,
        attempts.counted_before_turn,
        attempts.counted_through_turn,
        verdicts.verdict,
        verdicts.failing_kind,
        verdicts.leader_key as failing_leader,
        failures.kind = 'check.red' as check_wanted,
        kinds.write_for_write and first.writes as write_wanted,
        -- Another tool is another way to the same change only where it is about most of the same things.
        first.family != 'api'
        or not first.writes
        or attempts.instrument = first.instrument
        or on_goal.whole as to_the_point,
        attempts.external
        and (first.deletes or not attempts.deletes)
        and (first.prepares or not attempts.prepares)
        -- What was to be run is not run yet once it is written.
        and (
            failures.kind != 'shell.error' or first.writes or first.family not in ('shell', 'check')
            or attempts.family != 'edit'
        ) as real,
        attempts.control,
        attempts.family = 'check' and (
            coalesce(attempts.check_id = first.check_id, false)
            or on_goal.test
            or (
                len(expected.failing_ids) > 0
                and (
                    list_has_all(verdicts.passed_ids, expected.failing_ids)
                    or list_has_all(
                        on_goal.files,
                        list_transform(
                            expected.failing_ids, lambda id: 'file:' || split_part(id, '::', 1) -- noqa: RF02
                        )
                    )
                )
            )
        ) as checks_again,
        attempts.is_new or attempts.changed or coalesce(verdicts.standing = 'green', false) as brings,
        -- A check that could not run is over once it runs, whatever it then finds, and so is an own script.
        failures.kind = 'shell.error' and (
            (first.family = 'check' and attempts.family = 'check' and attempts.check_result in ('red', 'green'))
            or (
                attempts.own_script and attempts.signature = first.signature
                and verdicts.verdict != 'fails' and attempts.observation_hash is not null
            )
        ) as runs_again,
    from on_goal
    inner join attempts using (action_key)
    inner join verdicts using (action_key)
    inner join attempts as first on on_goal.leader_key = first.action_key
    inner join verdicts as expected on on_goal.leader_key = expected.action_key
    inner join failures on on_goal.leader_key = failures.action_key
    inner join kinds on failures.kind = kinds.kind
),

suited as (
    select
        beside.*,
        beside.real
        and not beside.sibling
        and (not beside.control or beside.runs_again or beside.kind = 'call.invalid')
        and (beside.checks_again or not beside.check_wanted)
        and beside.to_the_point
        and (
            beside.changed or not beside.write_wanted or (beside.writes and beside.kind = 'call.invalid')
        ) as suits,
    from beside
)

select
    suited.leader_key,
    suited.action_key,
    suited.lane_key,
    suited.kind,
    suited.sibling,
    suited.same_signature or suited.same_check as same_signature,
    suited.signature,
    suited.error_template,
    suited.failing_ids,
    suited.written,
    suited.changed,
    suited.verdict,
    suited.failing_leader,
    suited.counted_before_turn,
    suited.counted_through_turn,
    suited.same_signature
    or suited.same_check
    or suited.written
    or (suited.same_instrument and suited.target) as close_by,
    suited.suits and suited.verdict = 'unknown' as undecided,
    suited.suits and case
        when suited.kind = 'call.invalid' then coalesce(suited.failing_kind != 'call.invalid', true)
        else suited.brings and (suited.verdict = 'ok' or suited.runs_again)
    end as could_recover,
from suited
-- A change of something else is another wish, and no try at this one.
where suited.to_the_point or not suited.writes
