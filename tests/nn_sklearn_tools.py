"""Data for the tests of nn.sklearn."""

import numpy as np
import pytest

pytest.importorskip("sklearn")

from sklearn.datasets import (
    load_digits,
    load_iris,
    make_classification,
    make_multilabel_classification,
    make_regression,
)

DIGITS, DIGIT = load_digits(return_X_y=True)
DIGITS, DIGIT = DIGITS[:400] / 16, DIGIT[:400]
IRIS, SPECIES = load_iris(return_X_y=True)
BINARY = make_classification(150, 8, random_state=1)
LABELS = make_multilabel_classification(120, random_state=0)
NUMBERS, NUMBER = make_regression(150, 6, noise=5, random_state=2)
NUMBER = NUMBER / NUMBER.std()
TRIPLES = np.stack([NUMBER, -(NUMBER**2), np.sin(NUMBER)], axis=1)
COUNTS = np.random.RandomState(0).poisson(np.exp(0.3 * NUMBERS[:, 0]))
WEIGHTS = np.random.RandomState(1).uniform(0.1, 3, 400)
