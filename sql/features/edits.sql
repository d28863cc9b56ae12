-- One row an action that changed something, with whether it changed production code.
-- Grain: action_key.
-- Reason: a test that is red before any production edit, and the agent's own scripts, are no failures; what counts as
-- no production code is the lexicon `bystander_paths`.

with bystanders as (
    select string_agg(bystander_paths.pattern, '|' order by bystander_paths.pattern) as pattern
    from bystander_paths
)

select
    lanes.first_key + actions.action as action_key,
    len(list_filter(
        actions.writes_targets,
        lambda target: starts_with(target, 'file:') and not regexp_matches(target, bystanders.pattern)
    )) > 0 as production,
from actions
inner join lanes using (trajectory_id, version, lane)
cross join bystanders
where actions.writes and actions.outcome_hint is distinct from 'fail'
