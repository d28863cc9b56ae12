-- One row a model, fitted or not, with its figures on what it had not seen.
-- Grain: name.
-- Reason: no probability without its figures. It is said of episodes of the families (formats) on whose own
-- unseen runs it was checked; of the others, and where nothing is fitted or what is fitted says no more than the share,
-- there is a score.
select
    fits.name,
    fits.calibrated,
    array_to_string(from_json(fits.parameters -> '$.families', '["varchar"]'), ', ') as families,
    fits.n,
    fits.positives,
    fits.groups,
    (fits.reliability ->> '$.reliability.ece_before')::double as ece_before,
    (fits.reliability ->> '$.reliability.ece')::double as ece,
    (fits.reliability ->> '$.reliability.brier_of_share')::double as brier_of_share,
    (fits.reliability ->> '$.reliability.brier')::double as brier,
    (fits.reliability ->> '$.reliability.auc.value')::double as auc,
    (fits.reliability ->> '$.reliability.auc.low')::double as auc_low,
    (fits.reliability ->> '$.reliability.auc.high')::double as auc_high,
    (fits.reliability ->> '$.coverage.n')::integer as sets,
    (fits.reliability ->> '$.coverage.covered')::double as covered,
    (fits.reliability ->> '$.coverage.singletons')::double as singletons,
    (fits.reliability ->> '$.coverage.singletons_right')::double as singletons_right,
from fits
order by fits.name
