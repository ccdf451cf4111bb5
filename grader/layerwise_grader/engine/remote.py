"""A learner's answer as the judge sees it: calls that cross into the sandbox, and values that come back.

Whatever comes back is taken for a claim of the learner's code: it can be wrong or strange, and then says so in a
sentence. A process that dies, hangs or babbles costs the exercise that made it do so; the next one gets a fresh one.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Mapping
from functools import cache

from layerwise_grader.answer import SECONDS_A_CALL, Outcome
from layerwise_grader.engine import slicing, wire
from layerwise_grader.engine.sandbox import Sandbox
from layerwise_grader.errors import BrokenExercise
from layerwise_grader.exercise import Arguments, Exercise, Function
from layerwise_grader.failures import Failure, in_words
from layerwise_grader.limits import TimeIsUp, within
from layerwise_grader.surroundings import quiet
from layerwise_grader.values import NotAValue, plain

SECONDS_TO_LOAD = 60.0
SECONDS_LOADING = 120.0  # all loads of a submission, which each death of its process costs anew
SECONDS_AN_EXERCISE = 60.0  # all calls together; a right answer needs a hundredth of it
BYTES_AN_EXERCISE = 2**27  # of all values together, so that forty probes can't fill the judge's memory
SECONDS_TO_ANSWER = 20.0  # for one call: the limit inside, with time for libraries to compile, and some more
SECONDS_TO_LISTEN = 5.0
LONGEST = 300  # letters of any sentence that the sandbox sends


class Learner:
    """One submission in a sandbox; its process is started when it is first asked, and again after it died."""

    def __init__(self, sandbox: Sandbox, program: tuple[wire.Cell, ...]) -> None:
        self.sandbox, self.program = sandbox, program
        self.functions: tuple[str, ...] = ()
        self.problems: dict[int, str] = {}
        self._line: wire.Line | None = None
        self._unloadable, self._loading = "", 0.0

    def __enter__(self) -> Learner:
        return self

    def __exit__(self, *error: object) -> None:
        self.hang_up()

    def line(self) -> wire.Line:
        """The line to a process that has run the program.

        Raises:
            wire.Broken: when it can't be started, or dies while it runs the program.
        """
        if self._unloadable:
            raise wire.Broken(self._unloadable)
        if self._line is None:
            self._line = self.sandbox.open()
            started = time.monotonic()
            try:
                self._load(self._line)
                self._loading += time.monotonic() - started
                if self._loading > SECONDS_LOADING:
                    raise wire.Broken(f"it took {SECONDS_LOADING:g} seconds")
            except wire.Broken as broken:
                # It would be the same for every exercise, and may have taken a minute.
                self._unloadable = f"{broken} while its cells ran"
                raise
        return self._line

    def _load(self, line: wire.Line) -> None:
        line.send(wire.Load(self.program), SECONDS_TO_LOAD)
        loaded: wire.Loaded = line.receive(wire.Loaded, SECONDS_TO_LOAD)
        self.functions = loaded.functions
        self.problems = {number: _short(text) for number, text in loaded.problems.items()}

    def hang_up(self) -> None:
        """Ends the process with all that it started."""
        if self._line is not None:
            self._line.close()
            self._line = None
        self.sandbox.clean()

    def has(self, function: str) -> bool:
        """Whether the program defines a function of that name."""
        try:
            self.line()
        except wire.Broken:
            self.hang_up()
            return False
        return function in self.functions

    def missing(self, exercise: Exercise) -> Failure:
        """Why there is no function of the exercise's name."""
        what = f"your notebook defines no {exercise.function}"
        for number, problem in self.problems.items():
            if 0 <= number < len(self.program) and self.program[number].exercise == exercise.id:
                return Failure("missing", what, problem)
        return Failure("missing", what, "was it renamed, or its cell deleted?")


class RemoteAnswer:
    """A learner's answer to one exercise, by calls into the sandbox; ``layerwise_grader.answer.Answer``."""

    def __init__(self, learner: Learner, exercise: Exercise, trusted: Mapping[str, Function] | None = None) -> None:
        self.learner, self.exercise, self.trusted = learner, exercise, trusted or {}
        self._spent, self._received = 0.0, 0
        self._final: Failure | None = None

    def call(self, arguments: Arguments) -> Outcome:
        """Calls the answer with a copy of the arguments; never raises."""
        if self._final is None:
            try:
                line = self.learner.line()  # what a fresh sandbox takes is not the answer's fault
                started = time.monotonic()
                try:
                    return self._call(line, arguments)
                finally:
                    self._spent += time.monotonic() - started
            except wire.Broken as broken:
                self._final = Failure("died", f"your {self.exercise.function} made its process end", f"{broken}")
                self.learner.hang_up()
        return Outcome(failure=self._final)

    def sibling(self, exercise: Exercise) -> RemoteAnswer | None:
        """The same learner's answer to another exercise."""
        return RemoteAnswer(self.learner, exercise) if self.learner.has(exercise.function) else None

    def trusting(self, functions: Mapping[str, Function]) -> RemoteAnswer:
        """This answer, but these names are asked back from here while it runs: references never enter the sandbox."""
        return RemoteAnswer(self.learner, self.exercise, functions)

    def _call(self, line: wire.Line, arguments: Arguments) -> Outcome:
        if self.exercise.function not in self.learner.functions:
            self._final = self.learner.missing(self.exercise)
            return Outcome(failure=self._final)
        line.send(self._request(arguments), SECONDS_TO_LISTEN)
        deadline = time.monotonic() + min(SECONDS_TO_ANSWER, SECONDS_AN_EXERCISE - self._spent)
        while True:
            reply: wire.Returned | wire.Ask = line.receive(
                wire.Returned | wire.Ask, max(0.0, deadline - time.monotonic())
            )
            self._received += line.received
            if self._received > BYTES_AN_EXERCISE:
                raise wire.Broken(f"it returned more than {BYTES_AN_EXERCISE // 2**20} MiB in all")
            if isinstance(reply, wire.Returned):
                return outcome(reply)
            line.send(self._tell(reply), SECONDS_TO_LISTEN)

    def _request(self, arguments: Arguments) -> wire.Call:
        source, name = experiment(self.exercise)
        return wire.Call(
            self.exercise.function,
            self.exercise.probe_names,
            wire.packed(arguments),
            source,
            name,
            tuple(self.trusted),
            SECONDS_A_CALL,
        )

    def _tell(self, asked: wire.Ask) -> wire.Told:
        """What a trusted function gives; it is asked by strangers, with whatever they like."""
        function = self.trusted.get(asked.function)
        if function is None:
            return wire.Told(problem=f"there is no trusted {asked.function}")
        try:
            with quiet():
                value = within(SECONDS_A_CALL, lambda: function(*asked.arguments, **asked.named))
            return wire.Told(wire.packed(plain(value)))
        except (Exception, TimeIsUp) as error:
            return wire.Told(problem=_short(in_words(error)))


def outcome(reply: wire.Returned) -> Outcome:
    """An outcome from what came over the line."""
    changed = tuple(_short(name) for name in reply.changed[:10])
    if reply.failure is not None:
        failed = reply.failure
        return Outcome(failure=Failure(_short(failed.kind), _short(failed.what), _short(failed.why)), changed=changed)
    try:
        return Outcome(value=plain(reply.value), changed=changed)
    except NotAValue as error:
        return Outcome(failure=Failure("not a value", f"your code returned {error}"))


@cache
def experiment(exercise: Exercise) -> tuple[str, str]:
    """Source and name of the function that watches answers from beside them, with what it needs; empty without one.

    Raises:
        BrokenExercise: when a reference or a known wrong answer would go with it.
    """
    if exercise.observe is None:
        return "", ""
    module = inspect.getmodule(exercise.observe)
    name = exercise.observe.__name__
    source = slicing.source_of(inspect.getsource(module), {name})  # type: ignore[arg-type]
    secret = {exercise.trusted.__name__, *(wrong.name for wrong in exercise.misconceptions)}
    leaked = secret & slicing.names_in(source)
    if leaked:
        raise BrokenExercise(
            f"{exercise.id}: its experiment uses {', '.join(sorted(leaked))}, which learners' code would see."
        )
    return source, name


def _short(text: str) -> str:
    """The text on one line, without what a terminal would obey."""
    text = "".join(letter if letter.isprintable() else " " for letter in text[: LONGEST + 1])
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
