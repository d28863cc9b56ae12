-- Runs that share history.

-- The run id that the source declares as the one that this run was forked from, continues or works for; redacted.
alter table trajectories add column parent_run text;
