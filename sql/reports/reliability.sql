-- One row a range of probability of a fitted model: how often what was given it came true.
-- Grain: (name, low).
-- Reason: of what is called 30 % likely, three in ten should be so.
with bins as (
    select
        fits.name,
        unnest(from_json(
            fits.reliability -> '$.reliability.bins',
            '[{"low": "double", "high": "double", "n": "integer", "said": "double", "seen": "double"}]'
        )) as bin,
    from fits
    where fits.calibrated
)

select
    bins.name,
    bins.bin.low,
    bins.bin.high,
    bins.bin.n,
    bins.bin.said,
    bins.bin.seen,
from bins
order by bins.name, bins.bin.low
