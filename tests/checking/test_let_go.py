"""What a check lets go of at its end, so that a thousand of them take the memory of those that are under way."""

from __future__ import annotations

from weakref import ref

from validator.checking.assemble import Settings
from validator.checking.conversation import Channel
from validator.core.deadline import Deadline
from validator.core.model import Kind, Observation
from validator.core.redaction import Redactor
from validator.core.secret_shapes import MASK


def test_an_answer_holds_none_of_the_frames_in_which_it_was_raised() -> None:
    def ask() -> None:
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise RuntimeError("outer") from inner

    channel = Channel(lambda error: Observation(Kind.DENIED, code=str(error)), Deadline(600))
    answer = channel.ask(ask)
    assert answer.observation == Observation(Kind.DENIED, code="outer")
    assert answer.error is not None
    assert answer.error.__cause__ is not None
    assert answer.error.__traceback__ is None
    assert answer.error.__cause__.__traceback__ is None


def test_an_exception_that_leads_back_to_itself_is_let_go_of_as_well() -> None:
    one, other = RuntimeError("one"), RuntimeError("other")
    one.__context__, other.__context__ = other, one

    def ask() -> None:
        raise one

    answer = Channel(lambda error: Observation(Kind.DENIED), Deadline(600)).ask(ask)
    assert answer.error is one
    assert one.__traceback__ is None


def test_options_tell_a_redactor_without_keeping_it() -> None:
    redactor = Redactor()
    told: list[object] = []
    options = Settings(remember=told.append).options("amazon_s3", None, redactor)
    options.remember("EXAMPLE-kq7Zt2-remembered")
    assert redactor.text("it said EXAMPLE-kq7Zt2-remembered") == f"it said {MASK}"
    held = ref(redactor)
    del redactor
    assert held() is None
    options.remember("EXAMPLE-late")
    assert told == ["EXAMPLE-kq7Zt2-remembered", "EXAMPLE-late"]
