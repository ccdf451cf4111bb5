"""A tag is a promise: every row of a written chapter is shown by one of its cells."""

from layerwise_grader import coverage, house, tables
from layerwise_grader.cli import main


def test_no_row_of_a_written_chapter_is_missing():
    assert [row.id for row in coverage.rows() if row.is_missing] == []


def test_every_tag_names_a_row():
    assert coverage.unknown_tags() == set()


def test_the_readme_shows_the_table_of_chapters_as_it_is():
    readme = (house.root() / "README.md").read_text(encoding="utf-8")

    assert tables.with_chapters(readme, coverage.chapters_table()) == readme


def test_a_row_without_a_cell_is_told_and_exits_with_1(tmp_path, monkeypatch, capsys):
    (tmp_path / "course").mkdir()
    (tmp_path / "pyproject.toml").touch()
    source = tmp_path / "solutions" / "05-trial" / "05-trial.py"
    source.parent.mkdir(parents=True)
    source.write_text('# %% [markdown] tags=["covers:S1", "covers:S9"]\n# # 05 · Trial\n')
    (tmp_path / "solutions" / "curriculum.csv").write_text(
        "id,name,verb,chapter\nS1,one,use,05\nS2,two,use,05\nS3,x,use,06\n"
    )
    monkeypatch.chdir(tmp_path)

    assert main(["coverage"]) == 1
    printed = capsys.readouterr().out
    assert "Missing in chapters that are written: S2." in printed
    assert "doesn't have: S9." in printed
    assert "05 05 · Trial" in printed
