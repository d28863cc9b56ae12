-- One row an action (or message) by which a lane is seen to go round in circles.
-- Grain: (lane_key, step, signal).
-- Reason: within the last actions: equal pairs of action and observation, the same failing action again and again,
-- A-B-A-B-A-B, returns to a page after leaving it; and messages that nobody answers. A change in between resets the
-- count, and polling (same call, new observation) is none.

with failing as (
    select distinct sightings.action_key,
    from sightings
    where sightings.firm
),

tried as (
    select
        attempts.action_key,
        attempts.lane_key,
        attempts.action,
        attempts.last_step,
        attempts.call_step,
        attempts.signature,
        attempts.changes_through - attempts.changed::integer as changes,
        attempts.signature || coalesce(attempts.observation_hash, '') as pair,
        failing.action_key is not null as failing,
    from attempts
    left join failing using (action_key)
    where attempts.external
),

windowed as (
    select
        tried.*,
        tried.action
        - lag(tried.action, limits.stall_pairs - 1) over (
            partition by tried.lane_key, tried.pair, tried.changes order by tried.action_key
        ) < limits.stall_window as same_pair,
        tried.failing and tried.action
        - lag(tried.action, limits.stall_failures - 1) over (
            partition by tried.lane_key, tried.signature, tried.changes, tried.failing order by tried.action_key
        ) < limits.stall_window as same_failure,
        tried.pair = lag(tried.pair, 2) over in_order
        and tried.pair = lag(tried.pair, 4) over in_order
        and lag(tried.pair, 1) over in_order = lag(tried.pair, 3) over in_order
        and lag(tried.pair, 1) over in_order = lag(tried.pair, 5) over in_order
        and tried.pair != lag(tried.pair, 1) over in_order
        and tried.changes = lag(tried.changes, 5) over in_order as alternating,
    from tried
    cross join limits
    window in_order as (partition by tried.lane_key order by tried.action_key)
),

visits as (
    select
        attempts.action_key,
        attempts.lane_key,
        attempts.action,
        keys.key as page,
        lag(keys.key) over (partition by attempts.lane_key order by attempts.action_key, keys.key) as last_page,
        row_number() over (partition by attempts.lane_key, keys.key order by attempts.action_key) as visit,
    from attempts
    inner join keys using (action_key)
    where attempts.family = 'browse' and starts_with(keys.key, 'url:')
),

returns as (
    select
        visits.action_key,
        visits.action
        - lag(visits.action, limits.stall_returns - 1) over (
            partition by visits.lane_key, visits.page order by visits.action_key
        ) < limits.stall_window as stalled,
    from visits
    cross join limits
    where visits.visit > 1 and visits.last_page != visits.page
),

calls as (
    select
        windowed.lane_key,
        windowed.action_key,
        windowed.last_step as step,
        windowed.call_step,
        case
            when windowed.same_failure then 'same_failure_again'
            when windowed.same_pair then 'same_pair_again'
            when windowed.alternating then 'back_and_forth'
            else 'page_again'
        end as signal,
    from windowed
    left join returns using (action_key)
    where windowed.same_failure or windowed.same_pair or windowed.alternating or returns.stalled
),

unanswered as (
    select
        lanes.lane_key,
        null::bigint as action_key,
        max(notes.step) as step,
        null::integer as call_step,
        'messages_unanswered' as signal,
    from (
        select
            notes.*,
            count(*) filter (where notes.role = 'user') over (
                partition by notes.trajectory_id, notes.version, notes.lane order by notes.step
            ) as persons,
        from notes
    ) as notes
    inner join lanes using (trajectory_id, version, lane)
    cross join limits
    where notes.role = 'assistant' and notes.type = 'message'
    group by lanes.lane_key, notes.after_action, notes.persons, limits.stall_messages
    having count(distinct notes.turn) >= limits.stall_messages
)

select
    signs.lane_key,
    signs.action_key,
    signs.step,
    signs.call_step,
    'loop.stall' as kind,
    signs.signal,
    true as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from (
    select *, from calls
    union all by name
    select *, from unanswered
) as signs
