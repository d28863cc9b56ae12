-- What shows that a part is damaged, and how far the journal agrees with the store.

-- Of lake/steps/<part>.parquet and lake/trajectories/<part>.parquet; null: committed before parts had checksums.
alter table parts add column steps_sha256 text;
alter table parts add column trajectories_sha256 text;

-- At most one row: the journal's size in bytes after the last transaction that wrote to it.
create table journaled (bytes bigint not null);
