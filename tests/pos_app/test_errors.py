"""Errors for people, as they travel."""

import pickle

from pos_app.errors import InputError


def test_that_an_error_reaches_another_process_whole() -> None:
    error = InputError("sale.empty", what="The basket is empty.", safe="Nothing was booked.", todo="Scan something.")
    again = pickle.loads(pickle.dumps(error))
    assert (InputError, vars(error), str(error)) == (type(again), vars(again), str(again))
