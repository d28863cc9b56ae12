-- One row a sign that a query did not find what was needed.
-- Grain: (action_key, signal, span_start).
-- Reason: no results is a miss where a question was asked in words. An empty structured look-up (glob, list,
-- availability) is neutral unless the same one is repeated with no person's message in between, and then nominates. A
-- query in words was given up where the next one, with no page visited in between, changes at least half of its words
-- and nothing of its result is opened, said or asked for later: that nominates. Where the same words have brought
-- results before, an empty one is the end of their pages.

with wordings as (
    select list(arguments.argument) as names,
    from arguments
    where arguments.role = 'query'
),

missed as (
    select distinct signal_hits.action_key,
    from signal_hits
    where signal_hits.kind = 'search.miss'
),

searched as (
    select
        acts.action_key,
        acts.lane_key,
        coalesce(bool_or(missed.action_key is null) over earlier, false) as found_before,
        list_has_any(
            list_transform(acts.slots, lambda slot: regexp_extract(slot, '^[^=.]*')), wordings.names -- noqa: RF02
        ) as in_words,
        list_filter(list_distinct(acts.targets), lambda target: starts_with(target, 'need:')) as words, -- noqa: RF02
        not coalesce(acts.opened, false) and acts.echoes < limits.echo_words_min as unused,
    from acts
    cross join wordings
    cross join limits
    left join missed on acts.action_key = missed.action_key
    where acts.family = 'search'
    window earlier as (
        partition by acts.lane_key, acts.tool, list_sort(list_distinct(acts.targets))
        order by acts.action_key rows between unbounded preceding and 1 preceding
    )
),

-- What lies between two queries: looking further down the result is no other action.
busy as (
    select
        acts.action_key,
        count(*) filter (
            where acts.external and coalesce(acts.gesture not in ('scroll', 'look'), true)
        ) over (partition by acts.lane_key order by acts.action_key) as busy_through,
    from acts
    semi join searched on acts.lane_key = searched.lane_key
),

queries as (
    select
        attempts.action_key,
        attempts.lane_key,
        attempts.turn,
        attempts.last_step,
        attempts.call_step,
        attempts.tool,
        attempts.persons_through,
        searched.in_words,
        searched.words,
        searched.unused,
        busy.busy_through,
        lead(busy.busy_through) over following as next_busy,
        lead(attempts.turn) over following as next_turn,
        lead(attempts.tool) over following as next_tool,
        lead(attempts.persons_through) over following as next_persons,
        lead(searched.words) over following as next_words,
    from attempts
    inner join searched using (action_key)
    inner join busy using (action_key)
    window following as (partition by attempts.lane_key order by attempts.action_key)
),

empties as (
    select
        signal_hits.*,
        coalesce(searched.in_words, false) as in_words,
        coalesce(searched.in_words and searched.found_before, false) as last_page,
        attempts.persons_through,
        lag(attempts.persons_through) over (
            partition by signal_hits.lane_key, attempts.signature_key order by signal_hits.action_key
        ) as last_persons,
    from signal_hits
    inner join attempts using (action_key)
    left join searched using (action_key)
    where signal_hits.kind = 'search.miss'
)

select
    empties.lane_key,
    empties.action_key,
    empties.step,
    empties.call_step,
    empties.kind,
    empties.signal,
    empties.firm and empties.in_words as firm,
    empties.field,
    empties.quote,
    empties.span_start,
    empties.span_end,
from empties
where
    not empties.last_page
    and (empties.in_words or empties.family in ('ui', 'browse') or empties.last_persons = empties.persons_through)
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
    queries.in_words
    and queries.unused
    and queries.next_busy = queries.busy_through + 1
    and queries.next_turn != queries.turn
    and queries.next_tool = queries.tool
    and queries.next_persons = queries.persons_through
    and len(queries.words) > 0
    and len(list_intersect(queries.words, queries.next_words))
    <= (1 - limits.requery_change_min) * len(queries.words)
