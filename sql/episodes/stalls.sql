-- One row an action (or message) by which a lane is seen to go round in circles.
-- Grain: (lane_key, step, signal).
-- Reason: within the last actions: equal pairs of action and observation, the same failing action again and again,
-- A-B-A-B-A-B, returns to a page after leaving it; and messages that nobody answers. Where only the agent's own ledger
-- says that it is stuck, that nominates. A change in between resets the
-- count, and polling (same call, new observation) is none.

with failing as (
    select distinct signal_hits.action_key,
    from signal_hits
    where signal_hits.firm
),

tried as (
    select
        attempts.action_key,
        attempts.lane_key,
        attempts.action,
        attempts.last_step,
        attempts.call_step,
        attempts.signature_key,
        attempts.pair_key,
        attempts.changes_through - attempts.changed::integer as changes,
        failing.action_key is not null as failing,
    from attempts
    left join failing using (action_key)
    where attempts.external
),

-- Windows are dear, so only what was repeated often enough to be a loop goes through them.
repeated as (
    select
        tried.lane_key,
        tried.signature_key,
        tried.changes,
    from tried
    cross join limits
    group by tried.lane_key, tried.signature_key, tried.changes, limits.stall_pairs, limits.stall_failures
    having count(*) >= least(limits.stall_pairs, limits.stall_failures)
),

again as (
    select
        suspects.*,
        suspects.action
        - lag(suspects.action, limits.stall_pairs - 1) over (
            partition by suspects.lane_key, suspects.pair_key, suspects.changes order by suspects.action_key
        ) < limits.stall_window as same_pair,
        suspects.failing and suspects.action
        - lag(suspects.action, limits.stall_failures - 1) over (
            partition by suspects.lane_key, suspects.signature_key, suspects.changes, suspects.failing
            order by suspects.action_key
        ) < limits.stall_window as same_failure,
    from tried as suspects
    semi join repeated
        on
            suspects.lane_key = repeated.lane_key
            and suspects.signature_key = repeated.signature_key
            and suspects.changes = repeated.changes
    cross join limits
),

-- Six in turn are two pairs, three times each.
thrice as (
    select
        tried.lane_key,
        tried.pair_key,
    from tried
    group by all
    having count(*) > 2
),

paired as (
    select thrice.lane_key,
    from thrice
    group by all
    having count(*) > 1
),

alternating as (
    select
        tried.*,
        tried.pair_key = lag(tried.pair_key, 2) over in_order
        and tried.pair_key = lag(tried.pair_key, 4) over in_order
        and lag(tried.pair_key, 1) over in_order = lag(tried.pair_key, 3) over in_order
        and lag(tried.pair_key, 1) over in_order = lag(tried.pair_key, 5) over in_order
        and tried.pair_key != lag(tried.pair_key, 1) over in_order
        and tried.changes = lag(tried.changes, 5) over in_order as back_and_forth,
    from tried
    semi join paired on tried.lane_key = paired.lane_key
    window in_order as (partition by tried.lane_key order by tried.action_key)
),

pages as (
    select
        acts.action_key,
        acts.lane_key,
        acts.action,
        acts.family,
        coalesce(
            acts.page,
            list_filter(acts.targets, lambda target: starts_with(target, 'url:'))[1] -- noqa: RF02
        ) as page,
    from acts
    where acts.family in ('browse', 'ui', 'search')
),

visits as (
    select
        pages.*,
        lag(pages.page) over (partition by pages.lane_key order by pages.action_key, pages.page) as last_page,
        row_number() over (partition by pages.lane_key, pages.page order by pages.action_key) as visit,
    from pages
    where pages.page is not null
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
    where visits.visit > 1 and visits.last_page != visits.page and visits.family != 'search'
),

signs as (
    select
        again.action_key,
        'same_failure_again' as signal,
        1 as rank,
    from again
    where again.same_failure
    union all by name
    select
        again.action_key,
        'same_pair_again' as signal,
        2 as rank,
    from again
    where again.same_pair
    union all by name
    select
        alternating.action_key,
        'back_and_forth' as signal,
        3 as rank,
    from alternating
    where alternating.back_and_forth
    union all by name
    select
        returns.action_key,
        'page_again' as signal,
        4 as rank,
    from returns
    where returns.stalled
),

calls as (
    select
        attempts.lane_key,
        attempts.action_key,
        attempts.last_step as step,
        attempts.call_step,
        min_by(signs.signal, signs.rank) as signal,
    from signs
    inner join attempts using (action_key)
    group by all
),

talkative as (
    select
        notes.trajectory_id,
        notes.version,
        notes.lane,
    from notes
    cross join limits
    where notes.role = 'assistant' and notes.type = 'message'
    group by notes.trajectory_id, notes.version, notes.lane, notes.after_action, limits.stall_messages
    having count(distinct notes.turn) >= limits.stall_messages
),

said as (
    select
        notes.*,
        count(case when notes.role = 'user' then 1 end) over (
            partition by notes.trajectory_id, notes.version, notes.lane order by notes.step
        ) as persons,
    from notes
    semi join talkative using (trajectory_id, version, lane)
),

unanswered as (
    select
        lanes.lane_key,
        null::bigint as action_key,
        max(said.step) as step,
        null::integer as call_step,
        'messages_unanswered' as signal,
    from said
    inner join lanes using (trajectory_id, version, lane)
    cross join limits
    where said.role = 'assistant' and said.type = 'message'
    group by lanes.lane_key, said.after_action, said.persons, limits.stall_messages
    -- Agents that share a transcript answer each other.
    having count(distinct said.turn) >= limits.stall_messages and count(distinct said.agent) <= 1
),

-- The agent's own ledger says so; what its calls show says it better.
admitted as (
    select
        lanes.lane_key,
        null::bigint as action_key,
        min(notes.step) as step,
        null::integer as call_step,
        'ledger_stalled' as signal,
    from notes
    inner join lanes using (trajectory_id, version, lane)
    anti join calls on lanes.lane_key = calls.lane_key
    where notes.stalled
    group by lanes.lane_key
),

either as (
    select calls.*,
    from calls
    union all by name
    select unanswered.*,
    from unanswered
    union all by name
    select admitted.*,
    from admitted
)

select
    either.lane_key,
    either.action_key,
    either.step,
    either.call_step,
    'loop.stall' as kind,
    either.signal,
    either.signal != 'ledger_stalled' as firm,
    'content' as field,
    '' as quote,
    0 as span_start,
    0 as span_end,
from either
