-- The judge: what a model said about doubtful episodes, and what asking came to.

-- One row a verdict that can be used. A vote is a signal: it never decides whether something is a failure.
create table judge_votes (
    vote_id text primary key,       -- hash of prefix, prompt and model: what was asked once is not asked again
    episode_id text not null,       -- as it was when asked; found again by trajectory and overlap of spans
    trajectory_id text not null,
    version text not null,
    lane text not null,
    span_start integer not null,    -- steps judged
    span_end integer not null,      -- the last of them
    onset_step integer not null,    -- the failing call
    manifest_step integer not null, -- the result that shows the failure
    asked_kind text not null,       -- as the rules saw it when it was asked
    prefix_hash text not null,      -- of the steps through the last one shown
    prompt_hash text not null,      -- of all that was said, the fence's nonce apart
    model text not null,            -- that was asked
    answered_by text,               -- that the endpoint says answered
    verdict text not null check (verdict in ('yes', 'no', 'unclear')), -- yes | no | unclear: whether something failed
    kind text,                      -- null: no failure, or none of the kinds
    outcome text,                   -- null: no failure, or not said
    confidence double not null,     -- 0..1 as the model says, not calibrated
    reason text not null,           -- in the model's words
    evidence_quote text not null,   -- occurs in what was shown; empty where the verdict is unclear
    input_tokens bigint,            -- of the request, as the endpoint says
    output_tokens bigint,           -- of the answer, as the endpoint says
    cost_usd double,                -- null: no price is known
    voted_at timestamptz not null   -- when the answer was read
);

-- One row a request, written before it is sent; also where nothing was sent because of what the trace says.
create table judge_requests (
    request_id text primary key,    -- ours, a new one for each request
    vote_id text not null,          -- the vote that it asked for
    episode_id text not null,
    trajectory_id text not null,
    model text not null,            -- that was asked
    -- sent | vote | invalid | refused | truncated | control | withheld | failed
    result text not null check (
        result in ('sent', 'vote', 'invalid', 'refused', 'truncated', 'control', 'withheld', 'failed')
    ),
    settled boolean not null,       -- the same is not asked again
    detail text not null,           -- why, in words
    tokens bigint not null,         -- spent: as the endpoint says, else the most that it can have been
    cost_usd double,                -- of these tokens; null: no price is known
    stated boolean not null,        -- the endpoint said how many tokens it were
    sent_at timestamptz not null,   -- when it was written, just before it went out
    ended_at timestamptz            -- null: no answer is known
);
