-- What shows that a part is damaged, and how far the journal agrees with the store.

-- SHA-256 of lake/steps/<part>.parquet; null: committed before parts had checksums.
alter table parts add column steps_sha256 text;
-- SHA-256 of lake/trajectories/<part>.parquet; null: committed before parts had checksums.
alter table parts add column trajectories_sha256 text;

-- At most one row: how far the journal agrees with the store.
create table journaled (
    bytes bigint not null           -- size of the journal after the last transaction that wrote to it
);
