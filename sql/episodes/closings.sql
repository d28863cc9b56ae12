-- One row an episode that did not recover: what was said and done after its last action.
-- Grain: leader_key.
-- Reason: telling the person, handing over and dropping the wish are good or neutral ends only while the episode is
-- awake; a claim of success over an open failure is none.

with open_ones as (
    select
        spans.leader_key,
        spans.lane_key,
        spans.kind,
        spans.counted_at_close,
        spans.close_key = max(spans.close_key) over (partition by spans.lane_key) as is_last,
        attempts.last_step,
        attempts.counted_in_lane - spans.counted_at_close as actions_after,
    from spans
    inner join attempts on spans.close_key = attempts.action_key
    where spans.recovery_key is null
),

lanes_end as (
    select
        totals.lane_key,
        max(totals.counted_through) as counted,
    from totals
    group by all
),

-- A report that asks what else to do is the end only where nothing else was done.
reports as (
    select
        utterances.lane_key,
        utterances.step,
        utterances.counted,
    from utterances
    inner join lanes_end using (lane_key)
    where
        utterances.reports
        and utterances.role = 'assistant'
        and (not utterances.asks or utterances.counted = lanes_end.counted)
),

-- The lane's last word is about the last thing that stayed open, however long ago that was.
last_words as (
    select
        reports.lane_key,
        max(reports.step) as step,
    from reports
    inner join lanes_end on reports.lane_key = lanes_end.lane_key and reports.counted = lanes_end.counted
    group by all
),

offers as (
    select
        utterances.lane_key,
        utterances.step,
        utterances.counted,
    from utterances
    where utterances.hands_over and utterances.role = 'assistant'
),

hand_overs as (
    select
        signal_hits.lane_key,
        signal_hits.step,
        attempts.counted_through_turn as counted,
    from signal_hits
    inner join attempts using (action_key)
    where signal_hits.signal = 'hand_over'
),

withdrawals as (
    select
        utterances.lane_key,
        utterances.step,
        utterances.counted,
    from utterances
    where utterances.withdraws and utterances.role = 'user'
),

claims as (
    select
        utterances.lane_key,
        utterances.step,
        utterances.counted,
    from utterances
    where utterances.claims_success and utterances.role = 'assistant'
    union all by name
    select
        signal_hits.lane_key,
        signal_hits.step,
        attempts.counted_through_turn as counted,
    from signal_hits
    inner join attempts using (action_key)
    where signal_hits.signal = 'claims_done'
)

select
    open_ones.leader_key,
    reports.counted - open_ones.counted_at_close < limits.dormant_after
    or (open_ones.is_last and last_words.step > open_ones.last_step) as reported,
    hand_overs.counted - open_ones.counted_at_close < limits.dormant_after as handed_over,
    offers.counted - open_ones.counted_at_close < limits.dormant_after as sent_on,
    withdrawals.counted - open_ones.counted_at_close < limits.dormant_after as withdrawn,
    claims.step is not null
    and (
        claims.counted - open_ones.counted_at_close < limits.dormant_after or open_ones.kind = 'check.red'
    ) as claimed,
    open_ones.actions_after >= limits.dormant_after and open_ones.kind != 'check.red' as dormant,
from open_ones
cross join limits
left join last_words on open_ones.lane_key = last_words.lane_key
asof left join reports on open_ones.lane_key = reports.lane_key and open_ones.last_step < reports.step
asof left join hand_overs on open_ones.lane_key = hand_overs.lane_key and open_ones.last_step < hand_overs.step
asof left join offers on open_ones.lane_key = offers.lane_key and open_ones.last_step < offers.step
asof left join withdrawals on open_ones.lane_key = withdrawals.lane_key and open_ones.last_step < withdrawals.step
asof left join claims on open_ones.lane_key = claims.lane_key and open_ones.last_step < claims.step
