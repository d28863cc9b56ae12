-- One row an episode of failure and, perhaps, recovery.
-- Grain: episode_id, which stays the same while the steps through the manifest do.
-- Reason: the shape that the store keeps; what decides an outcome is in endings.

with quotes as (
    select
        findings.lane_key,
        findings.action_key,
        findings.step,
        findings.kind,
        list(
            struct_pack(
                step := findings.step,
                field := findings.field,
                quote := findings.quote,
                signal := findings.signal,
                span_start := findings.span_start,
                span_end := findings.span_end
            )
            order by findings.firm desc, findings.step, findings.span_start, findings.signal
        ) as spans,
        list(distinct findings.signal) as signals,
    from findings
    group by findings.lane_key, findings.action_key, findings.step, findings.kind
),

aims as (
    select
        goals.leader_key,
        list(goals.key order by goals.key) as goal,
    from goals
    group by all
),

admissions as (
    select
        utterances.lane_key,
        utterances.step,
    from utterances
    where utterances.acknowledges and utterances.role = 'assistant'
),

noticed as (
    select
        spans.leader_key,
        admissions.step,
    from spans
    inner join attempts on spans.leader_key = attempts.action_key
    asof inner join admissions
        on spans.lane_key = admissions.lane_key and attempts.last_step < admissions.step
),

firmer as (
    select
        follow_ups.leader_key,
        bool_or(failures.firm) as firm,
    from follow_ups
    inner join failures using (action_key)
    where not follow_ups.recovers and failures.kind = follow_ups.kind
    group by all
),

acted as (
    select
        spans.lane_key,
        spans.kind,
        endings.outcome,
        case
            when endings.outcome = 'recovered_retry' then 'environment'
            when list_has_any(quotes.signals, ['connection']) then 'environment'
            when list_has_any(quotes.signals, ['timeout']) and spans.kind = 'shell.error' then 'ambiguous'
            else kinds.cause
        end as cause,
        coalesce(repairs.instructed, false) as instructed,
        coalesce(repairs.clarified, false) as clarified,
        not failures.firm and not coalesce(firmer.firm, false) as weak,
        first.call_step as onset_step,
        first.last_step as manifest_step,
        noticed.step as admitted_step,
        rerouted.call_step as reroute_step,
        fixed.call_step as recovery_step,
        fixed.last_step as recovery_result_step,
        closing.last_step as close_step,
        aims.goal,
        first.tool as failed_tool,
        first.signature as failed_signature,
        fixed.tool as repair_tool,
        fixed.signature as repair_signature,
        first.error_template,
        spans.actions,
        spans.failures,
        -- From the reply that made the failing call on: the whole turn counts.
        nullif(closing.tokens_through - coalesce(first.tokens_before, 0), 0) as tokens_open,
        closing.cost_through - coalesce(first.cost_before, 0) as cost_open_usd,
        coalesce(repairs.hinted, false) as hinted,
        spans.recovery_key is not null
        and list_contains(quotes.signals, 'edit_refused')
        and fixed.counted_before_turn = first.counted_through_turn
        or spans.kind = 'approval.denied' and coalesce(granted.approval = 'granted', false) as near_miss,
        repairs.distance,
        endings.looped,
        spans.kind = 'call.invalid' and spans.recovery_key is null as lost_call,
        first.started_at as failed_at,
        quotes.spans as quotes,
    from spans
    inner join endings using (leader_key)
    inner join kinds on spans.kind = kinds.kind
    inner join failures on spans.leader_key = failures.action_key
    left join firmer using (leader_key)
    inner join attempts as first on spans.leader_key = first.action_key
    inner join attempts as closing on spans.close_key = closing.action_key
    left join attempts as rerouted on spans.reroute_key = rerouted.action_key
    left join attempts as fixed on spans.recovery_key = fixed.action_key
    left join acts as granted on spans.recovery_key = granted.action_key
    left join repairs using (leader_key)
    left join noticed using (leader_key)
    left join aims using (leader_key)
    left join quotes on spans.leader_key = quotes.action_key and spans.kind = quotes.kind
),

interrupted as (
    select
        interruptions.lane_key,
        interruptions.kind,
        interruptions.outcome,
        kinds.cause,
        false as instructed,
        false as clarified,
        not interruptions.firm as weak,
        interruptions.onset_step,
        interruptions.step as manifest_step,
        interruptions.step as close_step,
        []::text[] as goal,
        0 as actions,
        0 as failures,
        false as hinted,
        false as near_miss,
        interruptions.kind = 'loop.stall' as looped,
        false as lost_call,
        attempts.tool as failed_tool,
        attempts.signature as failed_signature,
        coalesce(
            quotes.spans,
            [struct_pack(
                step := interruptions.step,
                field := 'content',
                quote := '',
                signal := interruptions.signal,
                span_start := 0,
                span_end := 0
            )]
        ) as quotes,
    from interruptions
    inner join kinds on interruptions.kind = kinds.kind
    left join attempts
        on interruptions.lane_key = attempts.lane_key and interruptions.onset_step = attempts.call_step
    left join quotes
        on
            interruptions.lane_key = quotes.lane_key
            and interruptions.step = quotes.step
            and interruptions.kind = quotes.kind
            and quotes.action_key is null
),

every as (
    select acted.*,
    from acted
    union all by name
    select interrupted.*,
    from interrupted
),

turning as (
    select
        every.lane_key,
        every.manifest_step as step,
    from every
    union distinct
    select
        every.lane_key,
        every.close_step as step,
    from every
),

marks as (
    select
        turning.lane_key,
        turning.step,
        prefixes.prefix_hash,
    from turning
    inner join lanes using (lane_key)
    inner join prefixes
        on
            lanes.trajectory_id = prefixes.trajectory_id
            and lanes.version = prefixes.version
            and turning.step = prefixes.step
)

select
    left(md5(concat_ws(
        chr(0), lanes.trajectory_id, lanes.lane, every.onset_step, every.kind, coalesce(manifest.prefix_hash, '')
    )), 16) as episode_id,
    lanes.trajectory_id,
    lanes.version,
    lanes.lane,
    every.kind,
    every.outcome,
    every.cause,
    case when every.instructed then 'user_assisted' else 'agent_initiated' end as assisted,
    every.clarified,
    starts_with(every.outcome, 'recovered') as local_recovered,
    every.weak or every.outcome = 'recovered_degraded' as nominated,
    case
        when every.weak then limits.score_nominated
        when every.outcome = 'recovered_degraded' then limits.score_degraded
        else limits.score_firm
    end as score,
    every.onset_step,
    every.manifest_step,
    case
        when every.recovery_step is null or least(every.admitted_step, every.reroute_step) <= every.recovery_step
            then least(every.admitted_step, every.reroute_step)
    end as detect_step,
    every.reroute_step,
    every.recovery_step,
    every.recovery_result_step,
    every.close_step,
    coalesce(every.goal, []) as goal,
    every.failed_tool,
    every.failed_signature,
    every.repair_tool,
    every.repair_signature,
    every.error_template,
    every.actions::integer as actions,
    every.failures::integer as failures,
    every.tokens_open::bigint as tokens_open,
    every.cost_open_usd,
    every.hinted,
    every.near_miss,
    every.distance,
    every.looped,
    every.lost_call,
    every.failed_at,
    coalesce(closing.prefix_hash, '') as prefix_hash,
    coalesce(every.quotes[1:limits.evidence_spans], []) as evidence,
from every
inner join lanes using (lane_key)
cross join limits
left join marks as manifest on every.lane_key = manifest.lane_key and every.manifest_step = manifest.step
left join marks as closing on every.lane_key = closing.lane_key and every.close_step = closing.step
