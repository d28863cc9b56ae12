import pytest

from reroute import content
from reroute.errors import ConfigError
from reroute.export import dialects, recipe
from reroute.export.graders import grader


@pytest.mark.parametrize("file", content.files("exports/recipes", "*.toml"))
def test_every_shipped_recipe_loads_with_its_dialect_and_grader(file):
    plan = recipe.load(file.removesuffix(".toml"))
    dialects.named(plan.dialect)
    assert plan.grader is None or grader.load(plan.grader)


def test_a_recipe_of_the_project_wins(tmp_path):
    folder = tmp_path / "exports/recipes"
    folder.mkdir(parents=True)
    (folder / "recovery-sft.toml").write_text('name = "recovery-sft"\nmethod = "sft"\ntarget = 7\n')
    assert recipe.load("recovery-sft", tmp_path).target == 7


def test_an_unknown_recipe_is_answered_with_those_there_are():
    with pytest.raises(ConfigError, match="Recipes here: recovery-rft, recovery-sft"):
        recipe.load("recovery")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "r"\nmethod = "sft"\ncaps = 3\n', "unknown key `caps`"),
        ('name = "r"\nmethod = "sft"\n[select]\ntier = ["A"]\n', "unknown key `select.tier`"),
        ('name = "r"\nmethod = "dpo"\n', "`method`"),
        ('name = "r"\nmethod = "rft"\n', "names a grader file"),
        ("name = ", "this is not TOML"),
    ],
)
def test_a_wrong_recipe_is_refused_with_the_file_and_the_key(tmp_path, text, message):
    path = tmp_path / "r.toml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=message):
        recipe.load(str(path))
