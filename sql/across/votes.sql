-- One row an episode that a judge voted on: how many models say that it is a failure, how many that it is none.
-- Grain: episode_id.
-- Reason: a vote is a signal beside the rules' own; it is weighed by what people's grades show it to be worth, and
-- decides nothing by itself. Confidence is as the models state it, not calibrated;
-- `leaning` is from -1, all are sure that it is none, to 1, all are sure that it is one.

select
    bound_votes.episode_id,
    count(*) filter (where bound_votes.verdict = 'yes') as votes_for,
    count(*) filter (where bound_votes.verdict = 'no') as votes_against,
    count(*) filter (where bound_votes.verdict = 'unclear') as votes_unclear,
    avg(bound_votes.confidence) as confidence,
    avg(
        case bound_votes.verdict
            when 'yes' then bound_votes.confidence
            when 'no' then -bound_votes.confidence
            else 0
        end
    ) as leaning,
from bound_votes
group by all
