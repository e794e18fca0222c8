"""Optimizers: they change parameters in place, from the gradients that backward() left.

An optimizer writes one rule, ``_update``, for one block of one parameter. The base class cuts
large parameters into blocks of rows that stay in the processor's cache while the rule passes
over them, and allocates everything once, at the first step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from autograd_lite.errors import ArgumentError

from . import lbfgs, schedule
from .blocks import Work, clean, decayed
from .clip import clip_grad_norm, clip_grad_norm_, clip_grad_value, clip_grad_value_  # noqa: F401
from .groups import (
    Grouped,
    Option,
    Parameters,
    group_state,
    load_groups,
    split_groups,
)
from .module import fitted_state

lr_scheduler = schedule  # PyTorch's name for it

# Entries of a block: enough that the calls cost little beside the work, and few enough that the
# arrays of a block stay in cache from one pass to the next.
_BLOCK = 131072

# Running means are cleaned of near-subnormal numbers once in so many steps.
_CLEANING = 64


class Optimizer(Grouped):
    """Base class: walks over the parameters in blocks, keeps the state.

    Args:
        parameters: the Tensors to change, ``model.parameters()``; or parameter groups, dicts of
            "params" and of the options that differ there: ``[{"params": [w], "lr": 0.1}, ...]``.
        lr: learning rate, 0 or larger; may be set between steps.
        options: what the optimizer is told of every group that does not say it itself.

    Attributes:
        param_groups: list of dicts of "params" and options; changes count from the next step.
        parameters: list of all parameters. Options are attributes too (``optimizer.lr``): those
            of the first group when read, of all groups when set.

    Raises:
        ArgumentError: no parameters, one of them twice, or an option out of range.
        DTypeError: something that is not a leaf Tensor of floating dtype.
    """

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; the gradients stay as they are.

        Args:
            closure: if given, called first: it computes the loss and calls backward().

        Returns:
            what closure returned.
        """
        loss = closure() if closure is not None else None
        i = -1
        for group in self.param_groups:
            names, means = self._slots(group)
            for p in group["params"]:
                i += 1
                g = p.grad
                if g is None:
                    continue
                array = p.data
                work = self._work[i]
                if work is None or work.array is not array or len(work.slots) < len(names):
                    work = self._prepare(i, array, group)
                work.steps += 1
                factors = self._factors(group, work)
                g = g.T if work.flipped else g
                for rows, block, scratch, spare, slots in work.blocks:
                    part = g if rows is None else g[rows]
                    self._update(block, part, scratch, spare, slots, factors)
                    if means and work.steps % _CLEANING == 0:
                        for k in means:
                            clean(slots[k], scratch)
                # Tells the engine of the write, so that a graph that used the old values refuses.
                p.data = array
        return loss

    def state_dict(self) -> dict[str, Any]:
        """Name to a copy, for what the optimizer has gathered: fit for ``nn.save``.

        Names are the parameter's position and the slot (``0.steps``, ``0.first``), and the group
        and its options (``groups.0.lr``).
        """
        state: dict[str, Any] = {}
        for i, work in enumerate(self._prepared()):
            state[f"{i}.steps"] = np.array(work.steps)
            if work.scale:
                state[f"{i}.scale"] = np.array(work.scale)
            state.update((f"{i}.{name}", slot.copy()) for name, slot in work.slots.items())
        return state | group_state(self.param_groups)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where the optimizer that gave state was, options such as the learning rate too.

        A state without options, as version 0.1 wrote it, leaves this optimizer's.

        Raises:
            ArgumentError: names or shapes do not fit; the message lists every one of them.
        """
        targets: dict[str, Any] = {}
        works = self._prepared()
        for i, work in enumerate(works):
            targets[f"{i}.steps"] = np.array(0)
            targets.update((f"{i}.{name}", slot) for name, slot in work.slots.items())
            if isinstance(state, Mapping) and f"{i}.scale" in state:
                targets[f"{i}.scale"] = np.zeros(2)
        state, options = split_groups(state)
        values = fitted_state("load_state_dict", state, targets, strict=True)
        load_groups(options, self.param_groups)
        for i, work in enumerate(works):
            work.steps = int(values[f"{i}.steps"])
            work.scale = tuple(values.get(f"{i}.scale", np.zeros(0)).tolist())
            for name, slot in work.slots.items():
                slot[...] = values[f"{i}.{name}"]

    def _slots(self, group: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Names of the slots, and the positions of those that are running means of gradients."""
        return (), ()

    def _start(self, name: str, array: Any, group: Mapping[str, Any]) -> Any:
        """A slot's values before the first step."""
        return np.zeros_like(array)

    def _factors(self, group: Mapping[str, Any], work: Work) -> tuple[Any, ...]:
        """The numbers of this step, computed once per parameter."""
        return (float(group["lr"]),)

    def _update(self, w: Any, g: Any, scratch: Any, spare: Any, slots: Any, factors: Any) -> None:
        """Change block w (and its slots) in place; scratch and spare have its shape; g is read."""
        raise NotImplementedError

    def _prepared(self) -> list[Work]:
        groups = [group for group in self.param_groups for _ in group["params"]]
        return [
            self._work[i] or self._prepare(i, p.data, group)
            for i, (p, group) in enumerate(zip(self.parameters, groups, strict=True))
        ]

    def _prepare(self, i: int, array: Any, group: Mapping[str, Any]) -> Work:
        """State and blocks of parameter i for the array that holds its values now."""
        before = self._work[i]
        kept = before.slots if before is not None else {}
        slots = {
            name: kept[name] if name in kept else self._start(name, array, group)
            for name in self._slots(group)[0]
        }
        steps, scale = (before.steps, before.scale) if before is not None else (0, ())
        work = self._work[i] = Work(array, slots, _BLOCK, self._scratch, steps, scale)
        return work


class SGD(Optimizer):
    """Gradient descent: w -= lr·g, or with momentum v = momentum·v + (1 - dampening)·g, w -= lr·v.

    Args:
        parameters, lr: as ``Optimizer``. momentum: in [0, 1). dampening: in [0, 1]; the first
            step takes v = g. weight_decay: adds weight_decay·w to g. nesterov: step by
            g + momentum·v; wants momentum and no dampening.

    Reference: Nesterov's form: Sutskever et al., 2013.

    >>> import autograd_lite as ag, nn
    >>> w = ag.Tensor([1.0], requires_grad=True)
    >>> optimizer = nn.SGD([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data
    array([0.8])
    """

    momentum, dampening, weight_decay, nesterov = Option(), Option(), Option(), Option()
    _real = False

    def __init__(
        self, parameters: Parameters, lr: float = 1e-3, momentum: float = 0.0,
        dampening: float = 0.0, weight_decay: float = 0.0, nesterov: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            parameters, lr=lr, momentum=momentum, dampening=dampening,
            weight_decay=weight_decay, nesterov=nesterov,
        )  # fmt: skip

    def add_param_group(self, group: Mapping[str, Any]) -> None:
        """See ``Optimizer``; nesterov wants a momentum and no dampening."""
        whole = {**self.defaults, **group}
        if whole["nesterov"] and (not whole["momentum"] or whole["dampening"]):
            raise ArgumentError(
                f"SGD: got nesterov=True with momentum={whole['momentum']} and "
                f"dampening={whole['dampening']}, expected a momentum and no dampening; write "
                "momentum=0.9."
            )
        super().add_param_group(group)

    def _slots(self, group: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        return (("velocity",), (0,)) if group["momentum"] else ((), ())

    def _factors(self, group: Mapping[str, Any], work: Work) -> tuple[Any, ...]:
        kept = 1.0 if work.steps == 1 else 1.0 - group["dampening"]
        momentum = float(group["momentum"])
        return float(group["lr"]), momentum, kept, group["nesterov"], float(group["weight_decay"])

    def _update(self, w: Any, g: Any, scratch: Any, spare: Any, slots: Any, factors: Any) -> None:
        lr, momentum, kept, nesterov, decay = factors
        g = decayed(w, g, spare, decay)
        if momentum:
            (velocity,) = slots
            np.multiply(velocity, momentum, velocity)
            np.add(velocity, g if kept == 1 else np.multiply(g, kept, scratch), velocity)
            if nesterov:
                np.multiply(velocity, momentum, scratch)
                g = np.add(scratch, g, scratch)
            else:
                g = velocity
        np.multiply(g, lr, scratch)
        np.subtract(w, scratch, w)


class Adam(Optimizer):
    """Adam: w -= lr·m̂/(√v̂ + eps), with running means m of g and v of g².

    Args:
        parameters, lr: as ``Optimizer``. betas: decay of m and of v, each in [0, 1).
        eps: added to the root, 0 or larger. weight_decay: adds weight_decay·w to g.
        amsgrad: divide by the largest v̂ so far (up to its bias correction), as PyTorch does.

    Reference: Kingma and Ba, 2015, algorithm 1; amsgrad: Reddi, Kale and Kumar, 2018.

    >>> import autograd_lite as ag, nn
    >>> w = ag.Tensor([1.0], requires_grad=True)
    >>> optimizer = nn.Adam([w], lr=0.1)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.data.round(6)
    array([0.9])
    """

    betas, eps, weight_decay, amsgrad = Option(), Option(), Option(), Option()
    _decoupled = False

    def __init__(
        self, parameters: Parameters, lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0.0, amsgrad: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            parameters, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad
        )

    # The slots hold m/(1 - β₁) and v/(1 - β₂): that saves two passes over the data a step, and
    # the bias corrections become two numbers.
    def _slots(self, group: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        largest = ("largest",) if group["amsgrad"] else ()
        return ("first", "second", *largest), (0,)

    def _factors(self, group: Mapping[str, Any], work: Work) -> tuple[Any, ...]:
        b1, b2 = group["betas"]
        before = work.scale or (b1, b2)
        work.scale = b1, b2
        # One when the decays are those of the last step; a schedule may change them.
        rescale1, rescale2 = (1 - before[0]) / (1 - b1), (1 - before[1]) / (1 - b2)
        root = math.sqrt((1 - b2) / (1 - b2**work.steps))
        lr, decay = float(group["lr"]), float(group["weight_decay"])
        return (
            b1 * rescale1, b2 * rescale2, lr * (1 - b1) / ((1 - b1**work.steps) * root),
            group["eps"] / root, 0.0 if self._decoupled else decay,
            1 - lr * decay if self._decoupled else 1.0, rescale2, group["amsgrad"],
        )  # fmt: skip

    def _update(self, w: Any, g: Any, scratch: Any, spare: Any, slots: Any, factors: Any) -> None:
        first, second, *largest = slots
        b1, b2, rate, eps, decay, shrink, rescale, amsgrad = factors
        g = decayed(w, g, spare, decay)
        np.multiply(first, b1, first)
        np.add(first, g, first)
        np.multiply(g, g, scratch)
        np.multiply(second, b2, second)
        np.add(second, scratch, second)
        if amsgrad:
            if rescale != 1:
                np.multiply(largest[0], rescale, largest[0])
            second = np.maximum(largest[0], second, out=largest[0])
        np.sqrt(second, scratch)
        np.add(scratch, eps, scratch)
        np.divide(first, scratch, scratch)
        np.multiply(scratch, rate, scratch)
        if shrink != 1:
            np.multiply(w, shrink, w)
        np.subtract(w, scratch, w)


class AdamW(Adam):
    """Adam whose weight decay is not mixed into the means: w -= lr·weight_decay·w beside its step.

    Args: as ``Adam``; weight_decay is 0.01 unless told otherwise.

    Reference: Loshchilov and Hutter, 2019.
    """

    _decoupled = True

    def __init__(
        self, parameters: Parameters, lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr, betas, eps, weight_decay, amsgrad)


class RMSprop(Optimizer):
    """w -= lr·g/(√v + eps), with a running mean v of g².

    Args:
        parameters, lr: as ``Optimizer``. alpha: decay of v, in [0, 1). eps: added to the root.
        weight_decay: adds weight_decay·w to g. momentum: in [0, 1): step by a velocity of these.
        centered: subtract the square of the running mean of g from v.

    Reference: Tieleman and Hinton, 2012, lecture 6.5; centered: Graves, 2013.
    """

    alpha, eps, weight_decay = Option(), Option(), Option()
    momentum, centered = Option(), Option()

    def __init__(
        self, parameters: Parameters, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0.0, momentum: float = 0.0, centered: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(
            parameters, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay,
            momentum=momentum, centered=centered,
        )  # fmt: skip

    def _slots(self, group: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        mean = ("mean",) if group["centered"] else ()
        velocity = ("velocity",) if group["momentum"] else ()
        return ("square", *mean, *velocity), tuple(range(1, 1 + len(mean) + len(velocity)))

    def _factors(self, group: Mapping[str, Any], work: Work) -> tuple[Any, ...]:
        names = ("lr", "alpha", "eps", "weight_decay", "momentum")
        return *(float(group[name]) for name in names), group["centered"]

    def _update(self, w: Any, g: Any, scratch: Any, spare: Any, slots: Any, factors: Any) -> None:
        square, *more = slots
        lr, alpha, eps, decay, momentum, centered = factors
        g = decayed(w, g, spare, decay)
        np.multiply(g, g, scratch)
        np.multiply(scratch, 1 - alpha, scratch)
        np.multiply(square, alpha, square)
        np.add(square, scratch, square)
        if centered:
            mean = more[0]
            np.multiply(mean, alpha, mean)
            np.add(mean, np.multiply(g, 1 - alpha, scratch), mean)
            np.multiply(mean, mean, scratch)
            # Rounding may leave the variance of a constant gradient a little below 0.
            np.maximum(np.subtract(square, scratch, scratch), 0, out=scratch)
            np.sqrt(scratch, scratch)
        else:
            np.sqrt(square, scratch)
        np.add(scratch, eps, scratch)
        np.divide(g, scratch, scratch)
        if momentum:
            velocity = more[-1]
            np.multiply(velocity, momentum, velocity)
            np.add(velocity, scratch, velocity)
            np.multiply(velocity, lr, scratch)
        else:
            np.multiply(scratch, lr, scratch)
        np.subtract(w, scratch, w)


class Adagrad(Optimizer):
    """w -= lr·g/(√s + eps), with s the sum of all g² so far.

    Args:
        parameters, lr: as ``Optimizer``; in step t it is lr/(1 + (t - 1)·lr_decay).
        weight_decay: adds weight_decay·w to g. initial_accumulator_value: where s begins.
        eps: added to the root.

    Reference: Duchi, Hazan and Singer, 2011.
    """

    lr_decay, weight_decay = Option(), Option()
    initial_accumulator_value, eps = Option(), Option()

    def __init__(
        self, parameters: Parameters, lr: float = 1e-2, lr_decay: float = 0.0,
        weight_decay: float = 0.0, initial_accumulator_value: float = 0.0, eps: float = 1e-10,
    ) -> None:  # fmt: skip
        super().__init__(
            parameters, lr=lr, lr_decay=lr_decay, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, eps=eps,
        )  # fmt: skip

    def _slots(self, group: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        return ("sum",), ()

    def _start(self, name: str, array: Any, group: Mapping[str, Any]) -> Any:
        return np.full_like(array, group["initial_accumulator_value"])

    def _factors(self, group: Mapping[str, Any], work: Work) -> tuple[Any, ...]:
        rate = group["lr"] / (1 + (work.steps - 1) * group["lr_decay"])
        return float(rate), float(group["eps"]), float(group["weight_decay"])

    def _update(self, w: Any, g: Any, scratch: Any, spare: Any, slots: Any, factors: Any) -> None:
        (total,) = slots
        rate, eps, decay = factors
        g = decayed(w, g, spare, decay)
        np.add(total, np.multiply(g, g, scratch), total)
        np.sqrt(total, scratch)
        np.add(scratch, eps, scratch)
        np.divide(g, scratch, scratch)
        np.multiply(scratch, rate, scratch)
        np.subtract(w, scratch, w)


class LBFGS(Optimizer):
    """SciPy's L-BFGS-B over all parameters as one vector: ``step(closure)`` is a whole search.

    For full batches: the loss must be the same function at every call of closure. What it
    learns of the curvature lasts for one step(), so give one a large max_iter.

    Args:
        parameters: as ``Optimizer``, one group.
        max_iter: iterations of a step. max_eval: calls of closure; None means 1.25·max_iter.
        tolerance_grad: stop where no entry of the gradient is larger.
        tolerance_change: stop where an iteration lowers the loss by less than this share of it.
        history_size: corrections that are kept (SciPy's 10; PyTorch's default is 100).

    Attributes:
        result: SciPy's OptimizeResult of the last step: fun, nit, status, message.

    Raises: as ``Optimizer``. ArgumentError: no closure, or a loss that is not finite where the
        search begins. ModuleNotFoundError: SciPy is not installed.

    Reference: Byrd, Lu, Nocedal and Zhu, 1995.

    >>> import autograd_lite as ag, nn
    >>> w = ag.Tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = nn.optim.LBFGS([w])
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = ((w - 1.0) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> optimizer.step(closure).item()  # the loss where the step began
    13.0
    >>> w.data.round(6)
    array([1., 1.])
    """

    def __init__(
        self, parameters: Parameters, *, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 10,
    ) -> None:  # fmt: skip
        super().__init__(parameters, lr=1.0)
        if len(self.param_groups) > 1:
            raise ArgumentError("LBFGS: got several parameter groups, expected one; pass a list.")
        self.search = lbfgs.Search(
            max_iter, max_eval, tolerance_grad, tolerance_change, history_size
        )
        self.result: Any = None

    def __repr__(self) -> str:
        return f"LBFGS({len(self.parameters)} parameters, max_iter={self.search.max_iter})"

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Search from here; closure clears the gradients, calls backward() and returns the loss.

        Returns:
            what closure returned first.
        """
        loss, self.result = self.search.run(self.parameters, closure)
        for work in self._prepared():
            work.steps += 1
        return loss
