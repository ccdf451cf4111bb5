"""The judge: verdicts by value, misconceptions by behaviour, and a sentence for whatever a learner's code does."""

import time

import numpy as np
import pytest

from layerwise_grader import catalogue
from layerwise_grader.answer import LocalAnswer
from layerwise_grader.errors import BrokenExercise
from layerwise_grader.exercise import Exercise, assert_close, assert_shape
from layerwise_grader.judge import judge, judge_alone
from layerwise_grader.report import NOT_STARTED, text


def centring() -> Exercise:
    """A small exercise of the usual kind, with a group of extreme probes of its own."""
    exercise = Exercise("99.1", "Centre the columns", function="centre", difficulty=2, minutes=5, look_at="the axis")

    @exercise.reference
    def centred(x):
        return x - x.mean(axis=0)

    @exercise.probes
    def tables(random):
        for shape in [(5, 3), (2, 7), (1, 4), (4, 4)]:
            yield (random.normal(size=shape) + np.arange(shape[1]),)

    @exercise.probes
    def huge(random):
        yield (random.normal(size=(3, 2)) * 1e6,)

    @exercise.check("The shape stays", points=1)
    def shape(answer, expected, x):
        assert_shape(answer, expected)

    @exercise.check("The means are 0", points=1)
    def means(answer, expected, x):
        assert_close(answer, expected)

    @exercise.property("Adding 5 changes nothing", points=1)
    def shift(call, x):
        assert_close(call(x + 5), call(x))

    @exercise.check("Huge numbers work", points=1, on=huge)
    def large(answer, expected, x):
        assert_close(answer, expected, rtol=1e-3)

    @exercise.misconception("One mean for all.", look_at="how many means there are")
    def one_mean(x):
        return x - x.mean()

    @exercise.misconception("Rows.", look_at="the axis")
    def rows(x):
        return x - x.mean(axis=1, keepdims=True)

    @exercise.misconception("Square only.", look_at="the shapes")
    def square_only(x):
        return x - (x.T @ np.ones(len(x)) / len(x))[: len(x)]

    @exercise.misconception("Small numbers only.", look_at="the clip")
    def clipped(x):
        return np.clip(x - x.mean(axis=0), -100, 100)

    return exercise


def report_on(function):
    exercise = centring()
    return judge_alone(exercise, LocalAnswer(exercise, function, seconds=0.3))


def test_a_right_answer_earns_every_point():
    report = report_on(lambda x: (x - x.mean(0)).tolist())

    assert report.is_full
    assert not report.misconceptions


def test_float32_is_right():
    assert report_on(lambda x: (x - x.mean(0)).astype("float32")).is_full


@pytest.mark.parametrize("name", ["one_mean", "rows", "square_only", "clipped"])
def test_each_misconception_is_named(name):
    exercise = centring()
    wrong = next(one for one in exercise.misconceptions if one.name == name)

    report = judge_alone(exercise, LocalAnswer(exercise, wrong.wrong))

    assert not report.is_full
    assert report.misconceptions[0].name == name


def test_two_slips_in_one_answer_are_both_named():
    """Exercises with several kinds (ReLU, sigmoid …) invite a slip in each; hearing of one alone would mislead."""
    exercise = Exercise("99.2", "Bend", function="bend", difficulty=1, minutes=5, look_at="the kind")
    exercise.reference(lambda x, kind: abs(x) if kind == "abs" else x**2)
    exercise.probes(lambda random: ((random.normal(size=3), kind) for kind in ("abs", "square")))
    exercise.check("It bends", points=2)(lambda answer, expected, x, kind: assert_close(answer, expected))

    @exercise.misconception("abs kept the sign.", look_at="the sign")
    def kept_sign(x, kind):
        return x if kind == "abs" else x**2

    @exercise.misconception("Doubled.", look_at="the power")
    def doubled(x, kind):
        return abs(x) if kind == "abs" else 2 * x

    report = judge_alone(exercise, LocalAnswer(exercise, lambda x, kind: x if kind == "abs" else 2 * x))

    assert {named.name for named in report.misconceptions} == {"kept_sign", "doubled"}


def test_an_unknown_slip_is_told_where_to_look_and_named_nothing():
    report = report_on(lambda x: (x - x.mean(0)) * 1.01)

    assert not report.misconceptions
    assert report.look_at == "the axis"


def test_an_untouched_stub_is_not_started():
    def centre(x):
        raise NotImplementedError

    assert report_on(centre).problem == NOT_STARTED


def test_an_answer_that_calls_an_empty_stub_is_told_so():
    def other(x):
        raise NotImplementedError

    assert "a function that is not started yet" in text(report_on(lambda x: other(x)))


def two_lines(x):
    y = x[:, None]
    return y @ x @ y


def endless_recursion(x):
    return endless_recursion(x)


def endless(x):
    while True:
        pass


SENTENCES = {
    "None": (lambda x: None, "returned None (x (5, 3)): is there a return"),
    "too few parameters": (lambda: 3, "called with 1 value"),
    "too many parameters": (lambda x, y: 3, "called with 1 value"),
    "an exception": (lambda x: x[100], "an index ran past the end"),
    "an unknown name": (lambda x: nothing, "a name is used that does not exist"),  # noqa: F821
    "shapes that do not fit": (
        two_lines,
        'in its line 3, "return y @ x @ y" (x (5, 3)): two arrays have shapes that do not fit',
    ),
    "an endless loop": (endless, "still running after 0.3 seconds"),
    "recursion without end": (endless_recursion, "called itself without end"),
    "text": (lambda x: "hello", "the text 'hello'"),
    "a generator": (lambda x: (row for row in x), "a generator"),
    "leaving the program": (lambda x: exit(), "tried to end the program"),
    "nan": (lambda x: x * np.nan, "are nan or infinite"),
    "another shape": (lambda x: x.T, "has shape (3, 5); it should have (5, 3)"),
    "a zero-dimensional array": (lambda x: x.sum(), "has shape ()"),
    "an assertion": (lambda x: (_ for _ in ()).throw(AssertionError("mine")), "AssertionError: mine"),
}


def unprintable(x):
    class Odd(BaseException):
        def __str__(self):
            raise SystemExit

    raise Odd


class AnswersToEveryName:
    def __getattr__(self, name):
        return self

    def __call__(self, *arguments):
        return 3


def of_a_library(x):
    raise NotImplementedError("no such tensors")


def cannot(x):
    return of_a_library(x)


SENTENCES |= {
    "an exception that can't be printed": (unprintable, '"raise Odd" (x (5, 3)): Odd'),
    "an object that answers to every name": (AnswersToEveryName(), "has shape ()"),
    "something a library cannot do": (cannot, "NotImplementedError: no such tensors"),
    "complex numbers": (lambda x: x + 0j, "returned complex numbers; real ones are expected"),
    "numbers as text": (lambda x: [[str(n) for n in row] for row in x], "a list of 5 that holds the text '"),
}


@pytest.mark.parametrize(("function", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_whatever_an_answer_does_is_told_in_a_sentence(function, sentence):
    report = report_on(function)

    assert report.earned < report.points
    assert sentence in text(report)
    assert "Traceback" not in text(report)


def test_an_endless_loop_is_met_once_not_on_every_probe():
    start = time.monotonic()
    report_on(endless)

    assert time.monotonic() - start < 3 * 0.3


def test_what_an_answer_prints_is_not_repeated(capsys):
    report_on(lambda x: print("hello") or x - x.mean(0))

    assert capsys.readouterr().out == ""


def test_changing_the_input_in_place_is_noted_without_losing_points():
    def centre(x):
        x -= x.mean(0)
        return x

    report = report_on(centre)

    assert report.is_full
    assert "changes x in place" in report.notes[0]


def test_the_message_names_the_probe():
    assert "(x (5, 3))" in text(report_on(lambda x: x))


BROKEN = {
    "points that don't add up": ({"difficulty": 3}, "the checks hold 4 points, but difficulty says 6"),
    "no probes": ({"groups": {}}, "lacks a reference or probes"),
    "three misconceptions": ({"misconceptions": centring().misconceptions[:3]}, "at least 4 misconceptions"),
}


@pytest.mark.parametrize(("changes", "sentence"), BROKEN.values(), ids=BROKEN)
def test_a_definition_that_contradicts_itself_is_refused(changes, sentence):
    exercise = centring()
    vars(exercise).update(changes)

    with pytest.raises(BrokenExercise, match=sentence):
        exercise.verify()


def test_the_same_seed_draws_the_same_probes():
    exercise = centring()
    one, other = list(exercise.drawn(7)), list(exercise.drawn(7))

    assert all(np.array_equal(a[1][0], b[1][0]) for a, b in zip(one, other, strict=True))


def halves() -> Exercise:
    """An exercise with one number for an answer."""
    exercise = Exercise("99.3", "Halve", function="half", difficulty=1, minutes=5, look_at="the half")
    exercise.reference(lambda layers: 1)
    exercise.probes(lambda random: [([1, 2],)])
    exercise.check("It is 1", points=2)(lambda answer, expected, layers: assert_close(answer, expected))
    exercise.misconception("Two.", look_at="the sum")(lambda layers: 2)
    return exercise


ODD_LEFTOVERS = {
    "a list that holds itself": lambda layers: layers.append(layers) or 1,
    "an object whose text fails": lambda layers: layers.append({AnswersToEveryName(): AnswersToEveryName()}) or 1,
}


@pytest.mark.parametrize("function", ODD_LEFTOVERS.values(), ids=ODD_LEFTOVERS)
def test_whatever_an_answer_leaves_in_its_arguments_is_only_noted(function):
    report = judge_alone(halves(), LocalAnswer(halves(), function))

    assert report.is_full
    assert "changes layers in place" in report.notes[0]


def test_a_number_too_large_to_compare_is_told_in_a_sentence():
    report = judge_alone(halves(), LocalAnswer(halves(), lambda layers: 10**400))

    assert "a whole number of more than 300 digits" in text(report)


CHAPTER_01 = """
import functools
import numpy as np

def activate(z, kind): return np.maximum(z, 0)
def dense(x, w, b): return x @ w  # the slip: no bias
def softmax(z, axis=-1): e = np.exp(z - z.max(axis, keepdims=True)); return e / e.sum(axis, keepdims=True)
def hidden(x, layer): return activate(dense(x, *layer), "relu")
def forward(x, params): return softmax(dense(functools.reduce(hidden, params[:-1], x), *params[-1]))
class Forward:
    def __call__(self, x, params): return forward(x, params)
"""
WAYS = {
    "a function with helpers": "forward",
    "a partial": "functools.partial(forward)",
    "a lambda": "lambda x, params: forward(x, params)",
    "an object": "Forward()",
    "a method": "Forward().__call__",
    "a decorated function": "functools.wraps(forward)(lambda *a: forward(*a))",
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_a_slip_in_an_earlier_exercise_costs_once(way):
    """Also where a helper of the learner's own makes the call."""
    notebook = {}
    exec(CHAPTER_01, notebook)
    exercise = catalogue.find("01.6")
    own = notebook["dense"]

    report = judge(exercise, LocalAnswer(exercise, eval(way, notebook)))

    assert report.is_full
    assert "dense (01.3)" in report.notes[0]
    assert notebook["dense"] is own
