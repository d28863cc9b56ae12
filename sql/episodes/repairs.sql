-- One row a recovered episode: how the recovering call differs from the last that failed.
-- Grain: leader_key.
-- Reason: whether a slot that was asked for was dropped, whether the refusal had named it, and whose word the new
-- value is, decide between repaired, degraded and conceded, and the flags beside. Distance: 1 - Jaccard of the words of
-- the arguments, 1 across tools; a feature, not a gate.

with amounts as (
    select coalesce(list(arguments.argument), []) as names,
    from arguments
    where arguments.role = 'amount'
),

recovered as (
    select
        spans.leader_key,
        spans.lane_key,
        failed.persons_through < fixed.persons_through as person_between,
        failed.last_step as failed_step,
        fixed.call_step as fixed_step,
        failed.tool = fixed.tool
        and (spans.kind = 'call.invalid' or failed.program is not distinct from fixed.program) as same_tool,
        failed.family,
        coalesce(before.slots, []) as slots_before,
        coalesce(after.slots, []) as slots_after,
        coalesce(before.named_slots, []) as named,
        coalesce(before.hint_tokens, []) as hints,
        list_filter(
            coalesce(after.tokens, []),
            lambda token: not list_contains(coalesce(before.tokens, []), token) -- noqa: RF02
        ) as new_tokens,
        flatten(list_transform(
            coalesce(before.tokens, []), lambda token: string_split(token, '_') -- noqa: RF02
        )) as old_pieces,
        limits.word_chars_min,
        amounts.names as amount_names,
        case
            when failed.tool = fixed.tool
                then
                    1 - len(list_intersect(before.tokens, after.tokens))
                    / greatest(len(list_distinct(before.tokens || after.tokens)), 1)
            else 1
        end as distance,
    from spans
    inner join attempts as failed on spans.last_failure_key = failed.action_key
    inner join attempts as fixed on spans.recovery_key = fixed.action_key
    inner join acts as before on spans.last_failure_key = before.action_key
    inner join acts as after on spans.recovery_key = after.action_key
    cross join limits
    cross join amounts
),

-- A slot is an argument as a whole (`payment_methods` for `payment_methods.amount`): a refusal of the amount allows
-- another way to pay.
lost_slots as (
    select
        recovered.*,
        list_filter(recovered.slots_before, lambda slot: not list_contains(recovered.slots_after, slot)) as gone,
        list_distinct(list_transform(recovered.named, lambda name: split_part(name, '.', 1))) as refused,
        list_transform(recovered.slots_before, lambda slot: split_part(slot, '=', 1)) as paths_before,
        list_transform(recovered.slots_after, lambda slot: split_part(slot, '=', 1)) as paths_after,
        list_filter(
            flatten(list_transform(recovered.new_tokens, lambda token: string_split(token, '_'))),
            lambda piece: length(piece) >= recovered.word_chars_min and not list_contains(recovered.old_pieces, piece)
        ) as new_pieces,
    from recovered
),

-- A path that holds fewer values than before was left out. That is no repair where the refusal did not name the slot,
-- and none where it named the very value: a return flight without seats is not repaired by booking none.
compared as (
    select
        lost_slots.*,
        list_distinct(list_transform(lost_slots.gone, lambda slot: regexp_extract(slot, '^[^=.]*'))) as lost,
        -- What is to be paid follows from what is bought; nobody asked for the sum.
        list_distinct(list_transform(
            list_filter(
                lost_slots.gone,
                lambda slot: not list_contains(lost_slots.amount_names, regexp_extract(slot, '([^=.]*)=', 1))
            ),
            lambda slot: regexp_extract(slot, '^[^=.]*')
        )) as wishes_lost,
        list_filter(
            lost_slots.gone,
            lambda slot: len(list_filter(lost_slots.paths_before, lambda path: path = split_part(slot, '=', 1)))
            > len(list_filter(lost_slots.paths_after, lambda path: path = split_part(slot, '=', 1)))
            and (
                not list_contains(lost_slots.refused, regexp_extract(slot, '^[^=.]*'))
                or list_contains(lost_slots.named, regexp_extract(slot, '=(.*)$', 1))
            )
        ) as left_out,
    from lost_slots
),

-- Whoever says "the gift card" means `gift_card_12`: an id is named by a word of it that the refused call had not.
wanted as (
    select
        compared.leader_key,
        compared.lane_key,
        compared.failed_step,
        compared.fixed_step,
        unnest(list_distinct(compared.new_tokens || compared.new_pieces)) as token,
    from compared
    where compared.person_between
),

said as (
    select
        utterances.lane_key,
        utterances.step,
        unnest(utterances.tokens) as token,
    from utterances
    where utterances.role = 'user'
),

instructed as (
    select distinct wanted.leader_key,
    from wanted
    asof inner join said
        on wanted.lane_key = said.lane_key and wanted.token = said.token and wanted.fixed_step > said.step
    where said.step > wanted.failed_step
),

questions as (
    select
        utterances.lane_key,
        utterances.step,
    from utterances
    where utterances.asks and utterances.role = 'assistant'
),

asked as (
    select compared.leader_key,
    from compared
    asof inner join questions
        on compared.lane_key = questions.lane_key and compared.failed_step < questions.step
    where questions.step < compared.fixed_step
),

withdrawals as (
    select
        utterances.lane_key,
        utterances.step,
    from utterances
    where utterances.withdraws and utterances.role = 'user'
),

withdrawn as (
    select compared.leader_key,
    from compared
    asof inner join withdrawals
        on compared.lane_key = withdrawals.lane_key and compared.failed_step < withdrawals.step
    where withdrawals.step < compared.fixed_step
)

select
    compared.leader_key,
    compared.same_tool,
    instructed.leader_key is not null as instructed,
    instructed.leader_key is not null and asked.leader_key is not null as clarified,
    -- What changed must not be what the refusal named: that would be the repair, whoever proposed it.
    case
        when len(compared.lost) > 0 and compared.same_tool
            then
                -- Told of the refusal, the person does without what was refused.
                (len(compared.left_out) > 0 and withdrawn.leader_key is not null)
                or not list_has_all(compared.refused, compared.lost)
                and (
                    withdrawn.leader_key is not null
                    or (
                        compared.person_between
                        and len(compared.refused) > 0
                        and not list_has_any(compared.lost, compared.refused)
                    )
                )
        else withdrawn.leader_key is not null
    end as conceded,
    compared.family = 'api'
    and (
        len(compared.left_out) > 0
        or (len(compared.refused) > 0 and not list_has_all(compared.refused, compared.wishes_lost))
    ) as degraded,
    list_has_any(compared.new_tokens, compared.hints) as hinted,
    compared.distance,
from compared
left join instructed using (leader_key)
left join asked using (leader_key)
left join withdrawn using (leader_key)
