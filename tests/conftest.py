"""What holds for every test."""

import pytest

import nn


@pytest.fixture(autouse=True)
def default_stream_anew():
    """What is drawn without rng= does not depend on the tests that ran before."""
    nn.manual_seed(0)
