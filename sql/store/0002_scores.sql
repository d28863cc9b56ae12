-- Scores: where a run went wrong, how likely an episode is a failure.

-- One row a trajectory version of a part: what its actions come to (sql/episodes/run_counts.sql).
create table run_counts (
    part text not null,
    trajectory_id text not null,
    version text not null,
    actions integer not null,       -- with an observation from outside the model
    failing integer not null,       -- of those, failing ones
    last_fails boolean not null,    -- the last of them failed
    handed_over boolean not null,   -- the agent gave the problem to a person
    claims boolean not null,        -- the agent's last word claims success
    undone boolean not null,        -- the agent's last word says that something could not be done
    last_change integer             -- the last call that changed something, else the last call; null: no call
);

-- One row an episode of a part: what surrounds its first failure (sql/episodes/contexts.sql).
create table contexts (
    part text not null,
    episode_id text not null,
    trajectory_id text not null,
    version text not null,
    family text,                    -- what the failing action was for; null: no action
    signals text[] not null,        -- of the failing action
    signals_before text[] not null, -- of the action before it in its lane
    signals_after text[] not null,  -- of the action after it
    errors_before integer not null, -- failing actions of the lane before it
    position double not null        -- 0 at the lane's first action, 1 at its last
);

-- One row a step that may be where a run went wrong, the likeliest first (sql/across/suspects.sql).
create table suspects (
    trajectory_id text not null,
    version text not null,
    rank integer not null,          -- from 1
    step integer not null,          -- the call, or the message, to look at
    episode_id text,                -- null: nothing was found
    ground text not null,           -- why it is suspected: a row of the lexicon `suspicions`
    reason text not null,           -- the ground's words, with those of the episode
    score double not null,          -- 0..1, not calibrated: an order of grounds, and earlier before later within one
    primary key (trajectory_id, rank)
);

-- One row a model, fitted or not.
create table fits (
    name text primary key,          -- failure
    fitted_at timestamptz not null, -- when it was last fitted
    data_hash text not null,        -- of all that it was fitted on, and of how
    method text not null,           -- fixed | logistic | logistic+platt | logistic+isotonic
    calibrated boolean not null,    -- checked on unseen runs of the families that `parameters` names
    n integer not null,             -- graded episodes
    positives integer not null,     -- of those, failures
    groups integer not null,        -- graded trajectories
    parameters text not null,       -- JSON
    reliability text not null       -- JSON: cross-validated figures, each with its n; {} where nothing was fitted
);

-- Empty: no score of how a run ended ranks unseen runs better than their length does.
create table outcome_scores (
    trajectory_id text primary key,
    version text not null,
    score double not null,          -- 0..1; of success
    calibrated boolean not null,    -- false: a score, not a probability
    fit text not null,              -- data_hash of the row of `fits`
    n_fitted integer not null       -- runs with an outcome that it rests on; 0 with fixed weights
);

-- One row an episode of a current run of which it is known how likely people would call it a failure.
create table probabilities (
    episode_id text not null,
    trajectory_id text not null,
    version text not null,
    p double not null,              -- 0..1
    calibrated boolean not null,    -- true: a number that was not checked has no row here
    ambiguous boolean,              -- the conformal set holds both answers or none
    fit text not null               -- data_hash of the row of `fits`
);
