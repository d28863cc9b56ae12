-- One row an action that changed something, with whether it changed production code.
-- Grain: action_key.
-- Reason: a test that is red before any production edit, and the agent's own scripts, are no failures; what counts as
-- no production code is the lexicon `bystander_paths`.

with changes as (
    select
        acts.action_key,
        acts.writes_targets,
    from acts
    where acts.writes and acts.outcome_hint is distinct from 'fail'
),

written as (
    select
        changes.action_key,
        unnest(changes.writes_targets) as target,
    from changes
),

-- Each file is matched once, however often it was written.
files as (
    select distinct written.target,
    from written
    where starts_with(written.target, 'file:')
),

productive as (
    select files.target,
    from files
    where not regexp_matches(files.target, getvariable('bystander_paths'))
),

productions as (
    select distinct written.action_key,
    from written
    semi join productive on written.target = productive.target
)

select
    changes.action_key,
    productions.action_key is not null as production,
from changes
left join productions using (action_key)
