-- One row an action, with whether it fails, does not fail, or nobody can say.
-- Grain: action_key; verdict is fails | ok | unknown.
-- Reason: "does not fail" is an expected status and no sign of failure. What no rule can judge closes nothing, and
-- neither does a control or anything without an observation from outside the model.

select
    attempts.action_key,
    failures.kind as failing_kind,
    failures.leader_key,
    check_runs.standing,
    coalesce(check_runs.passed_ids, []) as passed_ids,
    coalesce(check_runs.failing_ids, []) as failing_ids,
    case
        when failures.action_key is not null then 'fails'
        when not attempts.external or attempts.control then 'unknown'
        when attempts.family = 'check' and check_runs.standing = 'green' then 'ok'
        when attempts.family = 'check' then 'unknown'
        when attempts.outcome_hint = 'ok' then 'ok'
        else 'unknown'
    end as verdict,
from attempts
left join failures using (action_key)
left join check_runs using (action_key)
