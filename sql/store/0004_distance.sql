-- How far the recovering call is from the failing one.

-- 0..1: 1 - Jaccard of the words of their arguments, 1 across tools; null: not recovered.
alter table episodes add column distance double;
