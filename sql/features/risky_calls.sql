-- One row an action that reaches outside, cannot be undone or touches a secret.
-- Grain: action_key; risk is external | irreversible | secret, the gravest that applies.
-- Reason: whether a call needs an approval is read off our own table: programs with all the words that must stand
-- beside them, tools of services by the first word of their name, files by their place (the lexicon `secret_paths`).
-- What is not here reads or writes where it can be undone.

with called as (
    select
        acts.action_key,
        acts.family,
        acts.program,
        acts.tokens,
        acts.targets,
        lower(
            regexp_extract(regexp_replace(coalesce(acts.tool, ''), '^.*(__|[.:/])', ''), '^[A-Z]*[a-z]*')
        ) as verb,
    from acts
    where acts.external
),

-- Files are few beside the calls that name them, so places are looked for in each file once.
named as (
    select distinct unnest(called.targets) as target,
    from called
),

secrets as (
    select list(named.target) as files,
    from named
    where starts_with(named.target, 'file:') and regexp_matches(named.target, getvariable('secret_paths'))
),

matched as (
    select
        called.action_key,
        risks.risk,
    from called
    inner join risks on called.program = risks.name
    where
        risks.sort = 'program'
        and (risks.words is null or list_has_all(called.tokens, string_split(risks.words, ' ')))
    union all by name
    select
        called.action_key,
        risks.risk,
    from called
    inner join risks on called.verb = risks.name
    where risks.sort = 'verb' and called.family = 'api'
    union all by name
    select
        called.action_key,
        'secret' as risk,
    from called
    cross join secrets
    where list_has_any(called.targets, secrets.files)
)

select
    matched.action_key,
    arg_max(matched.risk, list_position(['external', 'irreversible', 'secret'], matched.risk)) as risk,
from matched
group by all
