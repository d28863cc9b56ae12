-- One row a search that belongs to a row of searches away from the task.
-- Grain: action_key.
-- Reason: several different searches in a row that share no word with what the persons said, of whose results nothing
-- was opened and nothing stands in the answer: a rabbit hole. It only nominates: another name of the thing asked for
-- shares no word with the task either.

with wordings as (
    select list(arguments.argument) as names,
    from arguments
    where arguments.role = 'query'
),

searches as (
    select
        attempts.action_key,
        attempts.lane_key,
        attempts.last_step,
        attempts.call_step,
        attempts.persons_through,
        attempts.signature,
        acts.task_words = 0
        and not coalesce(acts.opened, false)
        and acts.answered < limits.echo_words_min as astray,
    from attempts
    inner join acts using (action_key)
    cross join wordings
    cross join limits
    where
        acts.family = 'search'
        and list_has_any(
            list_transform(acts.slots, lambda slot: regexp_extract(slot, '^[^=.]*')), wordings.names -- noqa: RF02
        )
),

-- Searches astray that follow each other have as many searches on course before them.
rows_of_searches as (
    select
        searches.*,
        count(*) filter (where searches.astray is not true) over (
            partition by searches.lane_key, searches.persons_through order by searches.action_key
        ) as on_course_before,
    from searches
)

select
    rows_of_searches.lane_key,
    rows_of_searches.action_key,
    rows_of_searches.last_step as step,
    rows_of_searches.call_step,
    'search.drift' as kind,
    'off_task' as signal,
    false as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from rows_of_searches
cross join limits
where rows_of_searches.astray
qualify
    count(distinct rows_of_searches.signature) over (
        partition by
            rows_of_searches.lane_key,
            rows_of_searches.persons_through,
            rows_of_searches.on_course_before
    ) >= limits.drift_searches_min
