import pickle

import pytest

from detect.errors import (
    UNREADABLE_CODES,
    BadInput,
    ModelError,
    TidycityError,
    UnknownDatum,
    UnreadablePhoto,
)


@pytest.mark.parametrize("kind", [BadInput, ModelError, UnknownDatum])
def test_every_error_has_a_stable_code_of_its_own_and_is_caught_by_the_base(kind):
    error = kind("it broke", mend="mend it")
    assert isinstance(error, TidycityError)
    assert error.code == kind.default_code
    assert (str(error), error.message, error.mend) == ("it broke", "it broke", "mend it")


def test_a_code_given_wins_over_the_class_default():
    assert BadInput("x", code="bad_sidecar").code == "bad_sidecar"


def test_codes_of_the_tree_differ():
    codes = [kind.default_code for kind in (TidycityError, BadInput, UnknownDatum, ModelError)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("code", UNREADABLE_CODES)
def test_every_reason_says_how_to_mend_it(code):
    error = UnreadablePhoto(code, "a.jpg: no")
    assert error.code == code
    assert error.mend.endswith(".")


def test_an_unreadable_photo_crosses_process_borders():
    error = UnreadablePhoto("truncated", "a.jpg ends early", mend="again")
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, str(copy), copy.mend) == ("truncated", "a.jpg ends early", "again")
