-- One row a failing action, with the one kind that it counts as.
-- Grain: action_key; leader_key is the first action of the same failure among the parallel calls of one turn.
-- Reason: a firm sign wins over a weak one, then the more particular kind; the same failure in several siblings is
-- one. Each block of a rejected reply that would have changed something is a goal of its own, for it may be lost; a
-- block that only looks belongs to the first change of the reply.

with chosen as (
    select
        findings.lane_key,
        findings.action_key,
        findings.kind,
        findings.firm,
        findings.signal,
    from findings
    inner join kinds on findings.kind = kinds.kind
    where findings.action_key is not null
    qualify
        row_number() over (
            partition by findings.action_key
            order by findings.firm desc, kinds.precedence, findings.step, findings.span_start, findings.signal
        ) = 1
)

select
    chosen.lane_key,
    chosen.action_key,
    chosen.kind,
    chosen.firm,
    chosen.signal,
    attempts.turn,
    attempts.signature,
    attempts.error_template,
    case
        when chosen.kind != 'call.invalid' then min(chosen.action_key) over siblings
        when attempts.writes then chosen.action_key
        else coalesce(
            min(case when attempts.writes then chosen.action_key end) over siblings,
            min(chosen.action_key) over siblings
        )
    end as leader_key,
from chosen
inner join attempts using (action_key)
window siblings as (
    partition by
        chosen.lane_key, attempts.turn, chosen.kind,
        case when chosen.kind != 'call.invalid' then attempts.instrument end,
        coalesce(attempts.error_template, chosen.signal)
)
