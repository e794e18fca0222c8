"""``nn.fit``: look at what was given, choose what was not, and run the loop."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError, DTypeError, ShapeError

from .. import init
from ..layers import positive_int
from ..module import Module
from ..optim import LBFGS
from . import resume as resuming
from .choose import optimizer_for, scheduler_for
from .history import History
from .loop import Run, take
from .losses import check_weights, described, loss_for
from .metrics import metrics_named
from .predict import check_model, rows_at_once
from .progress import Progress
from .rows import as_bool, count_of, data_of, split
from .state import Checkpoint, FitState, as_early_stopping, best_for, hooks_of
from .weights import class_weights_of, weighed


def fit(
    model: Module,
    X: Any,  # noqa: N803
    y: Any,
    *,
    loss: Any = None,
    optimizer: Any = None,
    lr: float | None = None,
    epochs: int = 10,
    batch_size: int | None = 32,
    shuffle: bool = True,
    drop_last: bool = False,
    validation: Any = None,
    metrics: Any = None,
    scheduler: Any = None,
    early_stopping: Any = None,
    checkpoint: Any = None,
    resume: Any = False,
    callbacks: Any = None,
    progress: bool | None = None,
    clip_norm: float | None = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    rng: Any = None,
    report: Callable[[int, float], None] | None = None,
) -> History:
    """Train model on minibatches in random order.

    Args:
        X, y: arrays of n rows of finite numbers.
        loss: ``loss(model(X), y)``, a mean over the rows of a batch; or its name, "mse". None means
            "cross_entropy" if y holds integers or bools, else "mse".
        optimizer: made of the model's parameters; or a name, "sgd", with lr. None means "adam".
            L-BFGS takes all rows at once, and makes one search (``max_iter`` iterations) an epoch.
        lr: the rate for a named optimizer; None means that optimizer's default (in a resumed run,
            the rate of the checkpoint).
        epochs: passes over the data; of a resumed run, with those before.
        batch_size: rows of a minibatch; None means all of them, in their order.
        shuffle: whether the rows are drawn in a new order in every epoch.
        drop_last: leave the last batch of an epoch out if it would have fewer rows than the others
            (other rows in every epoch, if they are shuffled).
        validation: (X, y) or (X, y, sample_weight) to measure after each epoch, in evaluation
            mode; or the fraction of the rows, drawn by rng, that is kept apart for that.
        metrics: names ("accuracy", "mae", "mse", "r2", "rmse") or functions of outputs and targets
            as arrays, one or several, or a dict of them. Over the training data they are of the
            outputs as the weights were changing. "accuracy" goes by the loss: rows by their
            largest output for integer labels, cross_entropy, nll and kl_div; entry by entry for
            bce (from ½), bce_with_logits and hinge (from 0); for mse, l1 and huber one-hot y by
            rows, y of 0 and 1 or -1 and 1 by entries. A loss of your own with one output for each
            label needs ``lambda out, y: nn.accuracy(out, y, threshold=0.0)``.
        scheduler: a schedule of ``nn.optim.lr_scheduler``, a function that makes one of the
            optimizer, or a name: "constant", "cosine" (to 0 at the last epoch), "exponential"
            (gamma 0.95), "invscaling" (scikit-learn's), "multistep" (a tenth at ½ and ¾ of the
            epochs), "onecycle" (max_lr is the optimizer's rate), "plateau", "step" (a tenth every
            third of the epochs), "warmup" (from a tenth, over a tenth of the epochs).
        early_stopping: an ``nn.EarlyStopping``, or its patience.
        checkpoint: a path, or an ``nn.Checkpoint``: the whole state is written there after each
            epoch, atomically.
        resume: True: go on from the checkpoint if there is one; or the path of another one. With
            the same arguments and data the run gives the bits of one that was never stopped.
            Another loss, batch_size or other data are refused. Another lr counts from there on,
            but is refused with a scheduler. If as many epochs as epochs are done already, the
            model is as the checkpoint has it, and the history is that of its run.
        callbacks: functions of a ``nn.FitState``, called after each epoch (True ends the training),
            or ``nn.Callback``s.
        progress: None: a bar in a terminal or notebook (with tqdm), else up to a hundred lines on
            standard error; True: a line for every epoch there; False: nothing.
        clip_norm: scale the gradients so that their norm is at most this.
        sample_weight: a weight for each row, given to the loss.
        class_weight: {label: weight}, or "balanced" (rows/(classes·rows of the class)): a weight
            for the rows of each class, multiplied with sample_weight; validation rows have it too.
        rng: NumPy Generator that shuffles the rows; None means ``np.random.default_rng(0)``, the
            same orders at every run; pass rng= for other draws.
        report: called after each epoch with its number (from 1) and its loss.

    Returns:
        a History; the model is left in training mode. Ctrl-C ends the training without an error:
        the model has the weights of its best epoch, and ``history.interrupted`` is True.

    Raises: what the model and the loss raise.
        ShapeError: different numbers of rows, or none.
        ArgumentError: nan or inf in the data or in the parameters, a number out of range, an
            unknown name, an optimizer of parameters that are not the model's, a checkpoint of
            another training, or a loss or gradient that becomes nan or inf; the message says where
            it was born.
        DTypeError: an optimizer or a loss that is none, such as its class; data that are no arrays
            (a sparse matrix, a generator, several inputs).

    >>> import numpy as np, nn
    >>> rng = np.random.default_rng(0)
    >>> X = rng.normal(size=(60, 2))
    >>> model = nn.Linear(2, 2, rng=rng)
    >>> optimizer = nn.Adam(model.parameters(), lr=0.1)
    >>> y = (X[:, 0] > 0).astype(int)
    >>> history = nn.fit(model, X, y, optimizer=optimizer, rng=rng, progress=False)
    >>> history.loss[-1] < history.loss[0] / 2
    True
    >>> model = nn.MLP(2, 8, 2, rng=rng)
    >>> history = nn.fit(model, X, y, lr=0.01, validation=0.25, metrics="accuracy", epochs=20,
    ...                  early_stopping=5, rng=rng, progress=False)
    >>> sorted(history.keys())
    ['accuracy', 'grad_norm', 'loss', 'lr', 'seconds', 'val_accuracy', 'val_loss']
    """
    check_model("fit", model)
    shuffle = as_bool("fit", "shuffle", shuffle)
    if report is not None and not callable(report):
        raise DTypeError(
            f"fit: got report of type {type(report).__name__}, expected a function; write "
            "report=lambda epoch, loss: print(epoch, loss)."
        )
    count = positive_int("fit", "epochs", epochs)
    data = data_of("fit", X, y, sample_weight)
    function = loss_for("fit", loss, data[1])
    if sample_weight is not None:
        check_weights("fit", function)
    classes = None
    if class_weight is not None:
        check_weights("fit", function, "class_weight")
        classes = class_weights_of(class_weight, data[1])
        data = weighed(classes, data)
    tool = optimizer_for(optimizer, model, lr)
    group = (getattr(tool, "param_groups", None) or [{}])[0]
    # A schedule made before fit may have changed the rate of its optimizer already.
    rate = None if tool is optimizer and scheduler is not None else group.get("lr")
    generator = init.generator(0 if rng is None else rng, "fit")
    keeping = _as_checkpoint(checkpoint)
    source = _source(resume, keeping)
    arrays = resuming.read(source) if source is not None else None

    whole_data = data
    data, validation_data, rows = _validation(validation, data, generator, arrays)
    if classes is not None and validation_data is not None and rows is None:
        validation_data = weighed(classes, validation_data)
    whole = batch_size is None or isinstance(tool, LBFGS)
    size = rows_at_once("fit", None if whole else batch_size, len(data[0]))
    batches = count_of("fit", len(data[0]), size, drop_last)
    found = metrics_named("fit", metrics, function, whole_data[1])
    names = ["loss", "grad_norm", *found]
    if validation_data is not None:
        names += ["val_loss", *(f"val_{name}" for name in found)]
    stopping = as_early_stopping(early_stopping)
    state = FitState(
        model, tool, scheduler_for(scheduler, tool, count, batches, len(data[0])), History(),
        count, batches,
    )  # fmt: skip
    given = _several(callbacks)
    facts: dict[str, Any] = {}
    if keeping is not None or source is not None:
        digests = [resuming.digest(part) for part in (*whole_data, None)[:3]]
        facts = dict(zip(("X", "y", "sample_weight"), digests, strict=True))
        facts |= {
            "loss": described(function), "batch_size": min(size, len(data[0])),
            "drop_last": bool(drop_last),
        }  # fmt: skip
    run = Run(
        model=model, data=data, validation=validation_data, validating_rows=rows, loss=function,
        optimizer=tool, scheduler=state.scheduler, metrics=found, size=size,
        drop_last=bool(drop_last), chosen=loss is None,
        rng=generator if shuffle and not whole else None,
        generators=resuming.generators_of(model, generator), clip_norm=_clip(clip_norm),
        stopping=stopping, best=best_for(stopping, names), checkpoint=keeping, callbacks=given,
        hooks=hooks_of(given), report=report, state=state,
        lr=None if rate is None else float(rate), facts=facts,
    )  # fmt: skip
    if arrays is not None:
        resuming.restore(source, arrays, run, None if lr is None else float(lr))
    _check_parameters(model)
    model.train()
    run.go(Progress(progress, count, state.epoch))
    return state.history


def _check_parameters(model: Module) -> None:
    """Refuse to train what can give nothing but nan.

    Raises:
        ArgumentError: nan or inf in a parameter.
    """
    for name, parameter in model.named_parameters():
        finite = np.isfinite(parameter.data)
        if not finite.all():
            index = tuple(int(i) for i in np.unravel_index(int((~finite).argmax()), finite.shape))
            raise ArgumentError(
                f"fit: got {parameter.data[index]} at {index} of the model's parameter {name!r} "
                "before the first epoch, expected finite numbers; build the model anew, or load "
                "weights of a run that did not diverge."
            )


def _validation(validation: Any, data: Any, rng: Any, arrays: Any) -> tuple[Any, Any, Any]:
    """(training data, validation data or None, numbers of the rows kept apart or None)."""
    if validation is None:
        return data, None, None
    if isinstance(validation, (tuple, list)):
        if len(validation) not in (2, 3):
            raise ArgumentError(
                f"fit: got validation with {len(validation)} parts, expected (X, y) or "
                "(X, y, sample_weight)."
            )
        kept = data_of("fit (validation)", *validation)
        if kept[0].shape[1:] != data[0].shape[1:] or kept[1].shape[1:] != data[1].shape[1:]:
            raise ShapeError(
                f"fit: got validation data of shapes {kept[0].shape} and {kept[1].shape} for "
                f"training data of shapes {data[0].shape} and {data[1].shape}, expected the same "
                "but for the rows."
            )
        return data, kept, None
    learning, kept = split("fit", data, validation, rng)
    if arrays is not None and "split" in arrays:
        # The rows of the run that is resumed: rng was elsewhere when it drew them.
        kept = arrays["split"]
        learning = np.setdiff1d(np.arange(len(data[0])), kept)
    parts = take(data, learning), take(data, kept)
    for part, name in zip(parts, ("learn from", "validate with"), strict=True):
        if len(part) > 2 and not part[2].any():
            raise ArgumentError(
                f"fit: got validation={validation!r}, which leaves only rows of weight 0 to "
                f"{name}; pass validation=(X, y, sample_weight)."
            )
    return *parts, kept


def _as_checkpoint(checkpoint: Any) -> Checkpoint | None:
    if checkpoint is None or isinstance(checkpoint, Checkpoint):
        return checkpoint
    return Checkpoint(checkpoint)


def _source(resume: Any, checkpoint: Checkpoint | None) -> Any:
    """The file to resume from, or None."""
    if resume is None or resume is False:
        return None
    if resume is not True:
        if not isinstance(resume, (str, os.PathLike)):
            raise DTypeError(
                f"fit: got resume of type {type(resume).__name__}, expected True or a path."
            )
        return resume
    if checkpoint is None:
        raise ArgumentError(
            "fit: got resume=True without a checkpoint to resume from; write checkpoint=path."
        )
    return checkpoint.path if os.path.exists(checkpoint.path) else None


def _clip(clip_norm: Any) -> float | None:
    if clip_norm is None:
        return None
    try:
        number = math.nan if isinstance(clip_norm, (str, bool)) else float(clip_norm)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 < number < math.inf:
        raise ArgumentError(
            f"fit: got clip_norm={clip_norm!r}, expected a finite number larger than 0."
        )
    return number


def _several(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]
