-- One row a dataset version, newest first.
-- Grain: (recipe, version). Reason: what could be submitted, and what did not pass its gates.
select
    datasets.recipe,
    datasets.version,
    datasets.train_rows,
    datasets.validation_rows,
    datasets.passed,
    datasets.folder,
from datasets
order by datasets.created_at desc, datasets.recipe
