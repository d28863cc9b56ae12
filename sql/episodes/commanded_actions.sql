-- One row a run in which an action follows an instruction that a result held.
-- Grain: one a run, its first.
-- Reason: text in a result is data. Where it speaks to the agent, and one of the next actions changes something or
-- reaches outside with words of that text which no person had said, somebody must look; it nominates and never decides.
-- Risky calls are looked up, not joined: DuckDB moves the one row of limits under a left join, where it is lost.

with instructions as (
    select
        signal_hits.action_key,
        signal_hits.lane_key,
        attempts.turn,
        any_value(acts.hint_tokens) as tokens,
    from signal_hits
    inner join attempts using (action_key)
    inner join acts using (action_key)
    where signal_hits.signal = 'instruction'
    group by signal_hits.action_key, signal_hits.lane_key, attempts.turn
),

said as (
    select
        utterances.lane_key,
        unnest(utterances.tokens) as token,
    from utterances
    where utterances.role = 'user'
    union all by name
    select
        histories.lane_key,
        unnest(utterances.tokens) as token,
    from histories
    inner join utterances
        on histories.above_key = utterances.lane_key and histories.through_step >= utterances.step
    where utterances.role = 'user'
),

following as (
    select
        instructions.lane_key,
        acts.run_key,
        acts.action_key,
        acts.call_step,
        unnest(list_intersect(instructions.tokens, acts.tokens)) as token,
    from instructions
    cross join limits
    inner join acts
        on
            instructions.lane_key = acts.lane_key
            and instructions.action_key < acts.action_key
            and instructions.action_key + limits.commanded_within >= acts.action_key
    where
        acts.turn != instructions.turn
        and (acts.writes or acts.action_key in (select risky_calls.action_key, from risky_calls))
),

taken_up as (
    select
        following.lane_key,
        following.run_key,
        following.action_key,
        following.call_step,
        string_agg(distinct following.token, ' ' order by following.token) as words,
    from following
    anti join said on following.lane_key = said.lane_key and following.token = said.token
    cross join limits
    group by all
    having count(distinct following.token) >= any_value(limits.commanded_words_min)
)

select
    taken_up.lane_key,
    null::bigint as action_key,
    taken_up.call_step as step,
    taken_up.call_step,
    'tool.commanded' as kind,
    'instruction_followed' as signal,
    false as firm,
    'arguments' as field,
    left(taken_up.words, 200) as quote,
    0 as span_start,
    0 as span_end,
from taken_up
qualify row_number() over (partition by taken_up.run_key order by taken_up.call_step) = 1
