-- One row a redaction key that this store was written with, the newest in use: by a hash that gives nothing of it away.
create table redaction_keys (
    fingerprint text primary key,   -- hash of the key
    since timestamptz not null      -- when it was first used
);

-- When a run's file was found without it (emptied, cut off, overwritten, gone); null: it is there. A lost run stays
-- current, as it was read before.
alter table trajectories add column lost_at timestamptz;
