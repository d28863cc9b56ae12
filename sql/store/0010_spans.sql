-- What a grade or a vote was given on, by content: so that it is found again whatever a reader adds around it.

-- JSON (`Judged` in src/reroute/tag/judged.py): content hashes of the steps judged; null: their part has none.
alter table reviews add column judged text;
alter table grades add column judged text; -- as in `reviews`
alter table judge_votes add column judged text; -- as in `reviews`
