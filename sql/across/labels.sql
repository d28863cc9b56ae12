-- One row an episode of a current trajectory version, with run outcome and grades applied.
-- Grain: episode_id.
-- Reason: what is exported and counted. Recovering locally is not success: tier A recovered in a run that passed, B in
-- a run whose outcome nobody knows, C in a run that failed. A nomination decides nothing until a person has.

with graded as (
    select
        consensus.episode_id,
        bool_or(consensus.answer is null) as split,
        any_value(consensus.answer) filter (where consensus.question = 'failure') as failure,
        any_value(consensus.answer) filter (where consensus.question = 'outcome') as outcome,
        any_value(consensus.answer) filter (where consensus.question = 'keep') as keep,
    from consensus
    group by all
),

decided as (
    select
        current_episodes.*,
        graded.split,
        graded.episode_id is not null as graded,
        graded.keep,
        case
            when graded.failure = 'yes' then true
            when graded.failure = 'no' then false
            when not current_episodes.nominated or current_episodes.outcome = 'recovered_degraded' then true
        end as is_failure,
        case when graded.outcome = 'unclear' then null else graded.outcome end as outcome_graded,
    from current_episodes
    left join graded using (episode_id)
),

-- What nobody had approved is no model to follow.
unapproved as (
    select distinct
        current_episodes.trajectory_id,
        current_episodes.version,
        current_episodes.onset_step,
    from current_episodes
    where current_episodes.kind = 'policy.unapproved'
)

select
    decided.episode_id,
    decided.trajectory_id,
    decided.version,
    decided.format,
    decided.task_id,
    decided.run_outcome,
    decided.is_failure,
    coalesce(decided.outcome_graded, decided.outcome) as outcome_final,
    case
        when not coalesce(decided.is_failure, false) or unapproved.onset_step is not null then null
        when not starts_with(coalesce(decided.outcome_graded, decided.outcome), 'recovered') then null
        when decided.outcome = 'recovered_degraded' and decided.outcome_graded is null then null
        when decided.run_outcome = 'pass' then 'A'
        when decided.run_outcome = 'fail' then 'C'
        else 'B'
    end as tier,
    case
        when decided.split then 'conflict'
        when decided.graded then 'grades'
        else 'rules'
    end as label_source,
    case when shared_incidents.episode_id is not null then 'environment' else decided.cause end as cause,
    case decided.keep when 'keep' then true when 'drop' then false end as keep,
from decided
left join shared_incidents using (episode_id)
left join unapproved
    on
        decided.trajectory_id = unapproved.trajectory_id
        and decided.version = unapproved.version
        and decided.recovery_step = unapproved.onset_step
