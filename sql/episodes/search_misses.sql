-- One row a sign that a query did not find what was needed.
-- Grain: (action_key, signal, span_start).
-- Reason: no results is a miss where an answer is needed. An empty structured look-up (glob, list, availability) is
-- neutral unless the same one is repeated with no person's message in between. A query whose result nobody opened
-- before the next query changed at least half of its words was given up: that nominates.

with queries as (
    select
        attempts.action_key,
        attempts.lane_key,
        attempts.action,
        attempts.last_step,
        attempts.call_step,
        attempts.tool,
        attempts.signature,
        attempts.persons_through,
        list_filter(list_distinct(actions.targets), lambda target: starts_with(target, 'need:')) as words,
        lead(attempts.action) over following as next_action,
        lead(attempts.tool) over following as next_tool,
        lead(attempts.persons_through) over following as next_persons,
        lead(words) over following as next_words,
    from attempts
    inner join lanes using (lane_key)
    inner join actions
        on lanes.trajectory_id = actions.trajectory_id
        and lanes.version = actions.version
        and lanes.lane = actions.lane
        and attempts.action = actions.action
    where attempts.family = 'search'
    window following as (partition by attempts.lane_key order by attempts.action_key)
),

empties as (
    select
        sightings.*,
        attempts.signature,
        attempts.persons_through,
        lag(attempts.persons_through) over (
            partition by sightings.lane_key, attempts.signature order by sightings.action_key
        ) as last_persons,
    from sightings
    inner join attempts using (action_key)
    where sightings.kind = 'search.miss'
)

select
    empties.lane_key,
    empties.action_key,
    empties.step,
    empties.call_step,
    empties.kind,
    empties.signal,
    empties.firm and empties.family = 'search' as firm,
    empties.field,
    empties.quote,
    empties.span_start,
    empties.span_end,
from empties
where empties.family = 'search' or empties.last_persons = empties.persons_through
union all by name
select
    queries.lane_key,
    queries.action_key,
    queries.last_step as step,
    queries.call_step,
    'search.miss' as kind,
    'query_given_up' as signal,
    false as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from queries
cross join limits
where
    queries.next_action = queries.action + 1
    and queries.next_tool = queries.tool
    and queries.next_persons = queries.persons_through
    and len(queries.words) > 0
    and len(list_intersect(queries.words, queries.next_words))
    <= (1 - limits.requery_change_min) * len(queries.words)
