"""The command line. It starts in a broken environment too: each command imports what it needs itself."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from layerwise_datasets.errors import DataError
from layerwise_grader.errors import LayerwiseError

Command = Callable[[argparse.Namespace], int]

DONE, ATTENTION, WRONG_USE, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command. 0: done; 1: something wants attention; 2: wrong use; 130: interrupted."""
    options = parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    # TensorFlow writes its start-up lines to stderr even for commands that only read a notebook.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        done = int(options.run(options))
        sys.stdout.flush()
        return done
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return DONE
    except (LayerwiseError, DataError) as error:
        print(error, file=sys.stderr)
        return ATTENTION
    except KeyboardInterrupt:
        print("Interrupted; what was reported as done is done.", file=sys.stderr)
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """All commands with their options; each has its own --help with an example."""
    top = argparse.ArgumentParser(prog="layerwise", description="Learn deep learning by building it yourself.")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def add(name: str, run: Command, help: str, example: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=help, description=help, epilog=f"Example: layerwise {example}")
        made.set_defaults(run=run)
        return made

    _add_learners(add)
    _add_authors(add)
    _add_instructors(add)
    return top


Adder = Callable[[str, Command, str, str], argparse.ArgumentParser]


def _add_learners(add: Adder) -> None:
    lab = add("lab", _lab, "Open JupyterLab on your own copy of the chapters.", "lab --no-browser")
    lab.add_argument("--port", type=int, help="use this port; by default the first free one from 8888")
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    one = add("check", _check, "Check the exercises of a notebook.", "check 05")
    one.add_argument("chapter", help="a chapter's number, or a notebook")
    one.add_argument("--json", action="store_true", help="print one JSON document")
    progress = add("progress", _progress, "Show what is done in each chapter.", "progress")
    progress.add_argument("--json", action="store_true", help="print one JSON document")
    add("doctor", _doctor, "Say what this machine has and what is missing.", "doctor")
    add("data", _data, "List the data sets, and which are real here.", "data")


def _add_authors(add: Adder) -> None:
    made = add("build", _build, "Build chapters: source, executed solution, what learners open.", "build 05")
    made.add_argument("chapter", nargs="?", help="a chapter's number; all of them by default")
    made.add_argument("--check", action="store_true", help="change nothing; say what isn't what its source builds")
    made.add_argument("--profile", default="cpu", help="profile to execute in (default: cpu)")
    new = add(
        "new-chapter",
        _new_chapter,
        "Start a chapter: source, exercises and answers.",
        "new-chapter 06-image-classification",
    )
    new.add_argument("slug", help="number and name, such as 06-image-classification")
    answers = add("answers", _answers, "Judge every known right and wrong answer and print the matrix.", "answers 05")
    answers.add_argument("chapter", nargs="?", help="a chapter's number; all of them by default")
    answers.add_argument("--mutants", action="store_true", help="judge small slips made by a program as well")
    answers.add_argument("--json", action="store_true", help="print one JSON document")
    coverage = add("coverage", _coverage, "Show which section covers which row of the curriculum.", "coverage")
    coverage.add_argument("--readme", action="store_true", help="write the table of chapters into README.md")


def _add_instructors(add: Adder) -> None:
    for name, help in {
        "release": "Release a chapter to the learners.",
        "collect": "Collect what was submitted.",
        "grade": "Grade what was collected, or a folder or zip of notebooks.",
        "feedback": "Write the feedback pages and release them.",
        "export": "Print the grades.",
        "report": "Show what to teach again: which exercises were failed, and by which misconception.",
    }.items():
        example = {"export": "export --csv grades.csv", "grade": "grade 05 --folder downloads.zip"}.get(
            name, f"{name} 05"
        )
        made = add(name, _classroom(name), help, example)
        made.add_argument("chapter", nargs="?", help="a chapter's number; all of them by default")
        made.add_argument("--json", action="store_true", help="print one JSON document")
        {"grade": _grade_options, "export": _export_options, "report": _report_options}.get(name, lambda _: None)(made)
    add("demo", _demo, "Release, submit and grade three sample learners' notebooks.", "demo")


def _grade_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--folder", type=Path, metavar="PATH", help="grade the notebooks of this folder or zip")
    made.add_argument(
        "--student-from", metavar="PATTERN", help=r"find the learner in a file's name: 'homework_(?P<learner>\w+)'"
    )
    made.add_argument("--csv", type=Path, metavar="FILE", help="write the grades into this file as well")
    made.add_argument(
        "--isolation", choices=("bwrap", "process"), help="run at this level; process is for your own notebooks only"
    )
    made.add_argument("--workers", type=_count, help="grade so many at once; by default what this machine bears")
    made.add_argument("--force", action="store_true", help="grade again what is graded")
    made.add_argument("--watch", action="store_true", help="grade what is submitted as it comes, until Ctrl-C")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no number of workers: give 1 or more")
    return int(text)


def _export_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--csv", type=Path, help="write this file instead of a table")


def _report_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--plot", type=Path, metavar="FILE", help="draw it into this file, such as report.png")


# --- learners --------------------------------------------------------------------------------------------------------


def _lab(options: argparse.Namespace) -> int:
    from layerwise_grader import house, lab

    return lab.start(house.root(), port=options.port, browser=not options.no_browser)


def _check(options: argparse.Namespace) -> int:
    from layerwise_grader import terminal
    from layerwise_grader.report import text

    reports = terminal.run(terminal.find(options.chapter))
    if options.json:
        _print_json(reports=[report.as_dict() for report in reports])
    else:
        print("\n\n".join(map(text, reports)) or "This notebook checks no exercise.")
    return DONE if reports and all(report.is_full for report in reports) else ATTENTION


def _progress(options: argparse.Namespace) -> int:
    from layerwise_grader import house, terminal
    from layerwise_grader.notebook import Progress

    started = [name for name in house.slugs() if house.worked_on(name).is_file()]
    found = {name: terminal.saved(house.worked_on(name)) for name in started}
    if options.json:
        _print_json(chapters={name: [report.as_dict() for report in reports] for name, reports in found.items()})
        return DONE
    for name, reports in found.items():
        print(Progress(name, reports), end="\n\n")
    if not found:
        print('Nothing is started yet: "make lab" opens the first chapter.')
    return DONE


def _doctor(options: argparse.Namespace) -> int:
    from layerwise_grader import doctor

    findings = doctor.examine()
    for finding in findings:
        print(finding)
    return DONE if all(finding.is_well for finding in findings) else ATTENTION


def _data(options: argparse.Namespace) -> int:
    from layerwise_datasets.listing import listing

    print(listing())
    return DONE


# --- authors ---------------------------------------------------------------------------------------------------------


def _build(options: argparse.Namespace) -> int:
    from layerwise_grader import build, coverage, house

    names = [house.slug(options.chapter)] if options.chapter else coverage.written()
    if options.check:
        found = [sentence for name in names for sentence in build.differences(name)]
        print("\n".join(found) or f"{len(names)} chapters are what their sources build.")
        return ATTENTION if found else DONE
    for name in names:
        build.build(name, profile=options.profile)
        print(f"built {name}")
    return DONE


def _new_chapter(options: argparse.Namespace) -> int:
    from layerwise_grader import new_chapter

    for path in new_chapter.start(options.slug):
        print(f"wrote {path}")
    return DONE


def _answers(options: argparse.Namespace) -> int:
    from layerwise_grader import answers, catalogue, mutants, tables

    chapters = [options.chapter.zfill(2)] if options.chapter else list(catalogue.chapters())
    exercises = [exercise for chapter in chapters for exercise in catalogue.exercises(chapter)]
    rows = [row for exercise in exercises for row in answers.matrix(exercise)]
    runs = [mutants.run(exercise) for exercise in exercises] if options.mutants else []
    if options.json:
        _print_json(answers=[row.as_dict() for row in rows], mutants=[tables.run_as_dict(run) for run in runs])
    else:
        tables.show_answers(rows)
        tables.show_mutants(runs)
    return DONE if all(row.is_well for row in rows) and all(run.is_well for run in runs) else ATTENTION


def _coverage(options: argparse.Namespace) -> int:
    from layerwise_grader import coverage, tables

    if options.readme:
        tables.write_readme(coverage.chapters_table())
        return DONE
    tables.show_coverage(coverage.rows(), coverage.unknown_tags())
    return ATTENTION if any(row.is_missing for row in coverage.rows()) or coverage.unknown_tags() else DONE


# --- instructors -----------------------------------------------------------------------------------------------------


def _classroom(name: str) -> Command:
    def run(options: argparse.Namespace) -> int:
        from layerwise_grader import classroom

        command: Command = getattr(classroom, name)
        return command(options)

    return run


def _demo(options: argparse.Namespace) -> int:
    from layerwise_grader import demo

    return demo.run(options)


def _print_json(**content: object) -> None:
    print(json.dumps({"version": 1, **content}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    sys.exit(main())
