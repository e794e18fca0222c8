"""Checkpoints: all that a training is, as plain arrays in one file, and back again.

With the same data, model and arguments, a run that goes on from a checkpoint gives the bits of the
run that was never stopped: the file holds weights, optimizer, schedule, the best weights so far,
the state of every random generator, and the history.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError

from ..save import load, save

_VERSION = 1


def generators_of(model: Any, rng: Any) -> dict[str, np.random.Generator]:
    """Every random generator in play by name: fit's, and those that modules hold."""
    found = {} if rng is None else {"fit": rng}
    for name, module in model.named_modules():
        for attribute, value in vars(module).items():
            place = f"model.{name}.{attribute}" if name else f"model.{attribute}"
            found.update(_generators(place, value, 0))
    return found


def _generators(place: str, value: Any, depth: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, np.random.Generator):
        yield place, value
    elif depth < 3 and isinstance(value, (list, tuple)):
        for i, part in enumerate(value):
            yield from _generators(f"{place}.{i}", part, depth + 1)
    elif depth < 3 and isinstance(value, dict):
        for key, part in value.items():
            yield from _generators(f"{place}.{key}", part, depth + 1)


def states_of(generators: Mapping[str, np.random.Generator]) -> dict[str, Any]:
    """The state of each, as it is now."""
    return {name: g.bit_generator.state for name, g in generators.items()}


def set_states(generators: Mapping[str, np.random.Generator], states: Mapping[str, Any]) -> None:
    """Put each into its state."""
    for name, generator in generators.items():
        generator.bit_generator.state = states[name]


def write(path: Any, run: Any) -> None:
    """Write the state of a training after an epoch; path holds the old file or the new one.

    Raises:
        ArgumentError: the file cannot be written.
    """
    best = run.best
    meta = {
        "version": _VERSION,
        "epoch": run.state.epoch,
        "rows": len(run.data[0]),
        "optimizer": type(run.optimizer).__name__,
        "scheduler": type(run.scheduler).__name__ if run.scheduler is not None else None,
        "monitor": best.monitor,
        "best": [best.value, best.epoch, best.wait],
        "rng": states_of(run.generators),
        "stopped": run.history.stopped,
        "lr": run.lr,
        **run.facts,
    }
    arrays = {"meta": _packed(meta)}
    parts = {
        "model": run.model.state_dict(),
        "optimizer": _state_of(run.optimizer),
        "scheduler": _state_of(run.scheduler),
        "history": run.history.arrays(),
    }
    # The weights of the best epoch are the model's, if it is this one: they are not written twice.
    if best.weights is not None and best.epoch != run.state.epoch:
        parts["best"] = best.weights
    if run.validating_rows is not None:
        arrays["split"] = run.validating_rows
    for i, callback in enumerate(run.callbacks):
        parts[f"callback{i}"] = _state_of(callback)
    for part, state in parts.items():
        arrays.update((f"{part}/{name}", value) for name, value in state.items())
    save(arrays, path)


def read(path: Any) -> dict[str, Any]:
    """The arrays of a checkpoint, and under "meta" what ``write`` put there.

    Raises:
        ArgumentError: no such file, or one that is no checkpoint.
    """
    arrays = load(path)
    try:
        meta = json.loads(arrays["meta"].tobytes().decode(), object_hook=_unpacked)
        if meta["version"] != _VERSION:
            raise ValueError
    except (KeyError, ValueError, TypeError):
        raise ArgumentError(
            f"fit: got {str(path)!r} to resume from, expected a checkpoint that nn.fit wrote; load "
            "a file of weights with model.load_state_dict(nn.load(path))."
        ) from None
    return {**arrays, "meta": meta}


def digest(array: Any) -> str | None:
    """Dtype, shape and a checksum of an array, to know it again; None of None."""
    if array is None:
        return None
    check = zlib.crc32(np.ascontiguousarray(array).data)
    return f"{array.dtype} {array.shape}, crc32 {check:08x}"


def restore(path: Any, arrays: Mapping[str, Any], run: Any, lr: float | None = None) -> None:
    """Put a training that is about to begin where the checkpoint was written.

    Args:
        lr: the rate that fit was given now: if it is another, it counts from here on.

    Raises:
        ArgumentError: it was another training, or another lr meets a schedule.
    """
    meta = arrays["meta"]
    here = {
        "rows": len(run.data[0]),
        "optimizer": type(run.optimizer).__name__,
        "scheduler": type(run.scheduler).__name__ if run.scheduler is not None else None,
        "monitor": run.best.monitor,
        "generators": sorted(run.generators),
        **run.facts,
    }
    there = {**meta, "generators": sorted(meta["rng"])}
    for name, value in here.items():
        if there.get(name, value) != value:  # older files lack some names
            raise ArgumentError(
                f"fit: got {str(path)!r} to resume from, whose {name} is {there[name]!r}, expected "
                f"{value!r}; call fit with the arguments and the data of that run, {_anew(path)}."
            )
    other = lr is not None and meta.get("lr") not in (None, lr)
    if other and run.scheduler is not None:
        raise ArgumentError(
            f"fit: got lr={lr!r} and {str(path)!r} to resume from, whose lr was {meta['lr']!r}, "
            f"with a schedule that goes on from there; drop lr, {_anew(path)}."
        )
    run.model.load_state_dict(_part(arrays, "model"))
    for name in ("optimizer", "scheduler"):
        owner = getattr(run, name)
        if hasattr(owner, "load_state_dict"):
            owner.load_state_dict(_part(arrays, name))
    for i, callback in enumerate(run.callbacks):
        if hasattr(callback, "load_state_dict"):
            callback.load_state_dict(_part(arrays, f"callback{i}"))
    if other:
        for group in run.optimizer.param_groups:
            group["lr"] = lr
    elif meta.get("lr") is not None:
        run.lr = meta["lr"]
    run.history.load(_part(arrays, "history"))
    run.state.epoch = meta["epoch"]
    if meta["stopped"] == "converged":
        run.state.stop, run.history.stopped = True, meta["stopped"]
    best = run.best
    best.value, best.epoch, best.wait = meta["best"]
    run.history.best_epoch = best.epoch
    weights = _part(arrays, "best") or (_part(arrays, "model") if best.epoch else None)
    best.weights = weights
    try:
        set_states(run.generators, meta["rng"])
    except (KeyError, TypeError, ValueError):
        raise ArgumentError(
            f"fit: got {str(path)!r} to resume from, whose random generators are of another kind; "
            "pass the rng of that run."
        ) from None


def _anew(path: Any) -> str:
    """How to begin another training with the weights of a checkpoint."""
    return (
        "or start from its weights without resume: model.load_state_dict({k[6:]: v for k, v in "
        f"nn.load({str(path)!r}).items() if k[:6] == 'model/'}})"
    )


def _part(arrays: Mapping[str, Any], name: str) -> dict[str, Any]:
    start = f"{name}/"
    return {k.removeprefix(start): v for k, v in arrays.items() if k.startswith(start)}


def _state_of(owner: Any) -> dict[str, Any]:
    return dict(owner.state_dict()) if hasattr(owner, "state_dict") else {}


def _packed(meta: Any) -> Any:
    """meta as the bytes of JSON text: nothing in it can be executed."""
    return np.frombuffer(json.dumps(meta, default=_jsonable).encode(), np.uint8)


def _jsonable(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return {"__array__": value.tolist(), "dtype": value.dtype.str}
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} has no place in a checkpoint")


def _unpacked(value: dict[str, Any]) -> Any:
    return np.array(value["__array__"], value["dtype"]) if "__array__" in value else value
