"""Training: minibatches, fit with all that belongs to it, predict, evaluate."""

from .correct import accuracy
from .fit import fit
from .history import History
from .predict import evaluate, predict
from .rows import batches
from .state import Callback, Checkpoint, EarlyStopping, FitState

__all__ = [
    "Callback",
    "Checkpoint",
    "EarlyStopping",
    "FitState",
    "History",
    "accuracy",
    "batches",
    "evaluate",
    "fit",
    "predict",
]
