"""Derivations in plain NumPy, right ones and every mistake in them: a corpus for the checker.

A ``Case`` is what a user would write: a forward function, a hand derivation, inputs; and what the
checker should say of it. The hand derivations use nothing of the library. This file has the
multilayer networks, ``derivation_models.py`` the other models.
"""

from __future__ import annotations

import numpy as np

import autograd_lite as ag

ACTS = {
    "sigmoid": (lambda z: 1 / (1 + np.exp(-z)), lambda z, a: a * (1 - a)),
    "tanh": (np.tanh, lambda z, a: 1 - a * a),
    "relu": (lambda z: np.maximum(z, 0), lambda z, a: (z > 0) * 1.0),
    "linear": (lambda z: z, lambda z, a: np.ones_like(z)),
}


class Case:
    """One derivation. first: names of which one must be called the first wrong step (empty: the
    derivation is right). diagnosis: identifiers that are right for it, or None for "no known"."""

    def __init__(self, title, forward, hand, inputs, first=(), diagnosis=(), lr=None, form="f"):
        self.title = title
        self.forward = forward
        self.hand = hand
        self.inputs = inputs
        self.first = tuple(first)
        self.diagnosis = diagnosis
        self.lr = lr
        self.form = form

    def check(self, **options):
        options.setdefault("lr", self.lr)
        if self.form == "f":
            return ag.check_derivation(self.forward, self.hand, inputs=self.inputs, **options)
        loss, gradients = self.arrays()
        return ag.check_derivation(loss, gradients, **options)

    def arrays(self):
        """The graph and the gradients at the first point."""
        tensors = {
            k: ag.Tensor(x, requires_grad=np.asarray(x).dtype.kind == "f", name=k)
            for k, x in self.inputs.items()
        }
        self.kept = tensors
        with np.errstate(all="ignore"):
            loss = self.forward(tensors)
        return loss, self.hand({**self.inputs, **_values(loss)})


def _values(loss):
    from autograd_lite.derivation.graph import Graph

    return Graph(loss).arrays


def distort(u, how, rng):
    """Corruptions that are in no table."""
    size = np.abs(u).max() or 1.0
    if how == "noise":
        return u * (1 + 0.2 * rng.normal(size=u.shape)) + 0.05 * size * rng.normal(size=u.shape)
    if how == "random":
        return size * rng.normal(size=u.shape)
    if how == "square":
        return u * np.abs(u) / size
    if how == "tanh":
        return size * np.tanh(2 * u / size)
    if how == "mask":
        return u * (rng.random(u.shape) < 0.5)
    if how == "offset":
        return u + 0.1 * size
    if how == "signs":
        return u * np.where(rng.random(u.shape) < 0.5, -1, 1)
    if how == "rows":
        scale = rng.uniform(0.5, 1.5, (u.shape[0],) + (1,) * (u.ndim - 1)) if u.ndim else 1.3
        return u * scale
    if how == "clip":
        return np.clip(u, -0.4 * size, 0.4 * size)
    raise KeyError(how)


OUTSIDE = ("noise", "random", "square", "tanh", "mask", "offset", "signs", "rows", "clip")
SCALES = {
    "sign": (-1.0, ("sign",)),
    "double": (2.0, ("factor_2",)),
    "half": (0.5, ("factor_2",)),
    "1.7": (1.7, ("factor",)),
    "lr": (0.1, ("extra_lr",)),
    "update": (-0.1, ("update_step",)),
}


def general(u, kind, rng):
    """A mistake that can be made at any step: (the new array, right diagnoses) or None."""
    if kind in SCALES:
        k, names = SCALES[kind]
        return u * k, names
    if kind == "single_entry":
        if u.size < 7:
            return None
        out = u.copy()
        flat = out.reshape(-1)
        flat[u.size // 2] += 0.3 * np.abs(u).max()
        return out, ("single_entry",)
    if kind == "permuted":
        if not u.ndim or u.shape[0] < 3:
            return None
        return np.roll(u, 1, axis=0), ("permuted",)
    if kind == "transposed":
        if u.ndim != 2 or 1 in u.shape:
            return None
        return u.T.copy(), ("transposed",)
    return None


GENERAL = (*SCALES, "single_entry", "permuted", "transposed")


class Net:
    """A random multilayer network, its forward function and its derivation by hand."""

    def __init__(self, seed, **fixed):
        rng = np.random.default_rng(seed)
        pick = lambda *xs: xs[rng.integers(len(xs))]
        get = lambda key, *xs: fixed[key] if key in fixed else pick(*xs)
        self.depth = get("depth", 1, 2, 3, 4)
        self.n = get("n", 1, 2, 3, 4, 5, 7)
        self.rows = get("rows", True, True, False)
        self.loss = get("loss", "mean", "sum", "half", "halfmean", "ce", "ce", "bce")
        self.lam = get("lam", 0.0, 0.0, 0.03)
        self.flat_bias = get("flat_bias", True, False) and self.rows
        self.dtype = get("dtype", *[np.float64] * 5, np.float32)
        self.scale = get("scale", 1.0, 1.0, 1.0, 1e-8, 1e8)
        self.wide = get("wide", 1.0, 1.0, 1.0, 6.0)
        self.hand_activation = get("hand_activation", False, True)
        self.full = get("full", "all", "all", "deltas", "parameters")
        self.omit_delta = self.loss in ("ce", "bce")
        widths = [int(rng.integers(1, 6)) for _ in range(self.depth + 1)]
        if get("square", False, False, True):
            widths = [widths[0]] + [widths[1]] * self.depth
        if self.loss == "ce":
            widths[-1] = max(2, widths[-1])
        if self.n == 1 and "n" not in fixed and max(widths) == 1:
            widths[0] = 3
        self.widths = widths
        self.acts = [get("act", "sigmoid", "tanh", "relu") for _ in range(self.depth)]
        self.acts[-1] = "linear" if self.omit_delta else get("last", "sigmoid", "tanh", "linear")
        self.inputs = self._inputs(rng)
        self.title = f"net{seed}:{self.depth}x{widths} {self.acts} {self.loss} n={self.n}"

    def _inputs(self, rng):
        X = rng.normal(size=(self.n, self.widths[0]))
        if self.loss == "ce":
            y = np.eye(self.widths[-1])[rng.integers(self.widths[-1], size=self.n)]
        elif self.loss == "bce":
            y = rng.integers(2, size=(self.n, self.widths[-1])).astype(float)
        else:
            y = rng.random((self.n, self.widths[-1]))
        found = {"X": X, "y": y}
        for i, (m, k) in enumerate(zip(self.widths[:-1], self.widths[1:], strict=True), 1):
            found[f"W{i}"] = self.wide * rng.normal(size=(m, k)) / np.sqrt(m)
            found[f"b{i}"] = 0.3 * rng.normal(size=k if self.flat_bias else (1, k))
        if not self.rows:
            found = {name: x.T.copy() for name, x in found.items()}
        return {name: x.astype(self.dtype) for name, x in found.items()}

    # -- forward -------------------------------------------------------------------------------

    def activation(self, kind, z):
        if kind == "linear":
            return z
        if self.hand_activation:
            if kind == "sigmoid":
                return 1 / (1 + np.exp(-z))
            if kind == "relu":
                return np.maximum(z, 0)
            return (
                (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)) if self.wide < 2 else ag.tanh(z)
            )
        return getattr(ag, kind)(z)

    def forward(self, v):
        a = v["X"]
        for i, kind in enumerate(self.acts, 1):
            W, b = v[f"W{i}"], v[f"b{i}"]
            z = a @ W + b if self.rows else W @ a + b
            z = z.named(f"z{i}")
            a = self.activation(kind, z)
            if kind != "linear":
                a = a.named(f"a{i}")
        y = v["y"]
        axis = 1 if self.rows else 0
        if self.loss == "ce":
            loss = -(y * ag.log_softmax(a, axis=axis)).sum() / self.n_of(a)
        elif self.loss == "bce":
            loss = (ag.softplus(a) - y * a).sum() / self.n_of(a)
        elif self.loss == "sum":
            loss = ((a - y) ** 2).sum()
        elif self.loss == "half":
            loss = 0.5 * ((y - a) ** 2).sum()
        elif self.loss == "halfmean":
            loss = ((a - y) ** 2).sum() / (2 * self.n_of(a))
        else:
            loss = ((a - y) ** 2).mean()
        if self.lam:
            for i in range(1, self.depth + 1):
                loss = loss + 0.5 * self.lam * (v[f"W{i}"] ** 2).sum()
        return loss * self.scale

    def n_of(self, a):
        return a.shape[0] if self.rows else a.shape[1]

    # -- by hand -------------------------------------------------------------------------------

    def steps(self):
        """Names in the order of the derivation."""
        names = []
        for i in range(self.depth, 0, -1):
            if self.acts[i - 1] != "linear":
                names.append(f"a{i}")
            names += [f"z{i}", f"W{i}", f"b{i}"]
        return names

    def handed(self, grads):
        if self.full == "parameters":
            return {k: g for k, g in grads.items() if k[0] in "Wb"}
        if self.full == "deltas":
            return {k: g for k, g in grads.items() if k[0] in "Wbz"}
        return grads

    def hand(self, v, kind=None, at=None):
        """The gradients, with the mistake ``kind`` at the step ``at``."""
        with np.errstate(all="ignore"):
            return self._hand(v, kind, at)

    def _hand(self, v, kind, at):
        rng = np.random.default_rng(5)
        T = np.transpose
        axis = 0 if self.rows else 1
        acts = lambda i: (
            v["X"] if i == 0 else v[f"a{i}"] if self.acts[i - 1] != "linear" else v[f"z{i}"]
        )
        out = acts(self.depth)
        n, y, s = self.n_of(out), v["y"], self.dtype(self.scale)
        lam = self.dtype(self.lam)
        self.right = ()
        grads = {}

        def put(name, u):
            if name == at:
                made = distort(u, kind, rng) if kind in OUTSIDE else general(u, kind, rng)
                if kind in OUTSIDE:
                    u, self.right = np.asarray(made, self.dtype), None
                elif made is not None:
                    u, self.right = np.asarray(made[0], self.dtype), made[1]
            grads[name] = u
            return u

        def here(name, mistake, diagnosis):
            if name == at and kind == mistake:
                self.right = diagnosis
                return True
            return False

        last = f"a{self.depth}" if self.acts[-1] != "linear" else f"z{self.depth}"
        if self.loss == "ce":
            e = np.exp(out - out.max(axis=1 - axis, keepdims=True))
            d = e / e.sum(axis=1 - axis, keepdims=True)
            d = d if here(last, "no_target", ("missing_term", "extra_term")) else d - y
            d = s * d / n
        elif self.loss == "bce":
            d = s * (1 / (1 + np.exp(-out)) - y) / n
        else:
            k = {"sum": 2, "half": 1, "halfmean": 1 / n, "mean": 2 / out.size}[self.loss]
            d = s * self.dtype(k) * (out - y)
        if self.loss in ("ce", "bce", "halfmean", "mean"):
            count = out.size if self.loss == "mean" else n
            if here(last, "no_mean", ("mean_vs_sum",)):
                d = d * self.dtype(count)
            if here(last, "half_mean", ("mean_vs_sum",)) and count > 2:
                d = d * self.dtype(count / 2)
        elif here(last, "a_mean", ("mean_vs_sum",)):
            d = d / self.dtype(n)
        for i in range(self.depth, 0, -1):
            act = self.acts[i - 1]
            z, W = v[f"z{i}"], v[f"W{i}"]
            if act != "linear":
                a = v[f"a{i}"]
                d = put(f"a{i}", d)
                f, slope = ACTS[act]
                name = f"z{i}"
                used = slope(z, a)
                if here(name, "no_slope", ("missing_activation_derivative",)):
                    used = np.ones_like(z)
                elif here(name, "slope_twice", ("extra_activation_derivative",)):
                    used = used * used
                elif here(name, "slope_at_a", ("activation_derivative_of_activated",)):
                    used = slope(a, f(a))
                elif here(name, "formula_at_z", ("activation_formula_on_preactivation",)):
                    used = slope(z, z)
                elif here(name, "sigmoid_formula", ("wrong_activation_formula",)):
                    used = a * (1 - a)
                elif here(name, "tanh_formula", ("wrong_activation_formula",)):
                    used = 1 - a * a
                elif here(name, "one_minus", ("wrong_activation_formula",)):
                    used = 1 - a
                elif here(name, "plus", ("wrong_activation_formula",)):
                    used = 1 + a * a
                elif here(name, "relu_mask", ("wrong_activation_formula",)):
                    used = (z > 0) * 1.0
                elif here(name, "g_mask", ("wrong_mask",)):
                    used = (d > 0) * 1.0
                elif here(name, "no_upstream", ("missing_factor",)):
                    used = used / np.where(d == 0, 1, d)
                elif here(name, "other_slope", ("wrong_operand",)):
                    for j in range(1, self.depth + 1):
                        if j != i and self.acts[j - 1] == act and v[f"a{j}"].shape == a.shape:
                            used = slope(v[f"z{j}"], v[f"a{j}"])
                d = (d * used).astype(self.dtype)
            elif here(f"z{i}", "extra_slope", ("extra_activation_derivative",)):
                p = 1 / (1 + np.exp(-z))
                d = d * p * (1 - p)
            d = put(f"z{i}", d)
            h = acts(i - 1)
            dW = T(h) @ d if self.rows else d @ T(h)
            name = f"W{i}"
            if here(name, "no_transpose", ("transposed_operand", "transposed")):
                if h.shape[0] == h.shape[1]:
                    dW = h @ d if self.rows else d @ h
            if here(name, "delta_T", ("transposed",)) and 1 not in dW.shape:
                dW = T(dW)
            if here(name, "elementwise", ("elementwise_not_matmul",)) and h.shape == d.shape:
                dW = h * d
            if here(name, "out_for_in", ("wrong_operand",)) and i > 1:
                other = v["X"]
                if other.shape == h.shape:
                    dW = T(other) @ d if self.rows else d @ T(other)
            reg = s * lam * W
            if self.lam and here(name, "no_l2", ("missing_term",)):
                reg = 0 * W
            if self.lam and here(name, "l2_twice", ("wrong_term_scale",)):
                reg = 2 * reg
            if self.lam and here(name, "only_l2", ("fanout_overwrite", "missing_term")):
                dW = 0 * W
            if not self.lam and here(name, "extra_l2", ("extra_term",)):
                reg = s * self.dtype(0.02) * W
            dW = put(name, (dW + reg).astype(self.dtype) if reg.any() else dW)
            name = f"b{i}"
            shape = v[name].shape
            db = d.sum(axis=axis).reshape(shape)
            if here(name, "no_sum", ("missing_batch_sum",)) and d.shape[axis] > 1:
                db = d
            if here(name, "wrong_axis", ("wrong_axis",)) and d.shape[1 - axis] > 1:
                db = d.sum(axis=1 - axis, keepdims=not self.flat_bias)
            if here(name, "sum_all", ("wrong_axis",)) and d.shape[1 - axis] > 1:
                db = np.full(shape, d.sum(), self.dtype)
            if here(name, "mean", ("mean_vs_sum",)):
                db = db / self.dtype(n)
            if here(name, "other_delta", ("wrong_operand",)):
                if i < self.depth and self.widths[i] == self.widths[i + 1]:
                    db = grads[f"z{i + 1}"].sum(axis=axis).reshape(shape)
            put(name, db)
            if i == 1:
                break
            name = f"a{i - 1}" if self.acts[i - 2] != "linear" else f"z{i - 1}"
            used = W
            if here(name, "stale", ("stale_weights",)):
                used = W - self.dtype(0.1) * grads[f"W{i}"]
            if here(name, "stale_plus", ("stale_weights",)):
                used = W + self.dtype(0.05) * grads[f"W{i}"]
            if here(name, "W_not_T", ("transposed_operand",)) and W.shape[0] == W.shape[1]:
                used = T(W)
            if here(name, "other_W", ("wrong_operand",)):
                for j in range(1, self.depth + 1):
                    if j != i and v[f"W{j}"].shape == W.shape:
                        used = v[f"W{j}"]
            d = d @ T(used) if self.rows else T(used) @ d
        return self.handed(grads)

    # -- cases ---------------------------------------------------------------------------------

    def right_case(self, form="f"):
        return Case(self.title, self.forward, self.hand, self.inputs, form=form)

    def mistakes(self):
        """Every (mistake, step) that makes a difference for this network."""
        a = ("no_slope", "slope_twice", "slope_at_a", "formula_at_z", "sigmoid_formula",
             "tanh_formula", "one_minus", "plus", "relu_mask", "g_mask", "no_upstream",
             "other_slope", "extra_slope")  # fmt: skip
        w = ("no_transpose", "delta_T", "elementwise", "out_for_in", "no_l2", "l2_twice", "only_l2",
             "extra_l2")  # fmt: skip
        b = ("no_sum", "wrong_axis", "sum_all", "mean", "other_delta")
        found = []
        for name in self.steps():
            kinds = {"z": a, "W": w, "b": b, "a": ()}[name[0]]
            if name[0] in "az":
                kinds = (*kinds, "stale", "stale_plus", "W_not_T", "other_W", "no_mean",
                         "half_mean", "a_mean", "no_target")  # fmt: skip
            found += [(kind, name) for kind in (*kinds, *GENERAL)]
        return found

    def wrong_case(self, kind, at, form="f"):
        """The case of one mistake, or None if it changes nothing here."""
        try:
            point = self._values()
            with np.errstate(all="ignore"):
                right = self.hand(point)
                wrong = self.hand(point, kind, at)
        except (ValueError, KeyError):
            return None
        diagnosis = self.right
        changed = [k for k in right if not _same(right[k], wrong[k])]
        if not changed or diagnosis == () or (at in right and at not in changed):
            return None
        if at not in right and kind in ("permuted", "single_entry", *OUTSIDE):
            return None
        if diagnosis is None and at in right and _simple(right[at], wrong[at]):
            return None
        if kind == "1.7" and min(right[c].size for c in first_of(at, changed)) < 2:
            return None
        first = [at] if at in changed else self._nearest(changed)
        hand = lambda v: self.hand(v, kind, at)
        title = f"{self.title} {self.full} {form}: {kind} at {at}"
        return Case(title, self.forward, hand, self.inputs, first, diagnosis, None, form)

    def _values(self):
        tensors = {k: ag.Tensor(x, requires_grad=True, name=k) for k, x in self.inputs.items()}
        return _values(self.forward(tensors))

    def _nearest(self, changed):
        """Handed steps that are the first to show a mistake in a step that is not handed over."""
        layer = max(int(c[1:]) for c in changed)
        return [c for c in changed if int(c[1:]) == layer]


def first_of(at, changed):
    return [at] if at in changed else changed


def _same(a, b):
    if a.shape != b.shape:
        return False
    tolerance = 1e-5 if a.dtype == np.float64 else 1e-2
    return np.allclose(a, b, rtol=tolerance, atol=tolerance * (np.abs(a).max() if a.size else 0))


def _simple(a, b):
    """Whether a corruption happens to be one of the table: a factor, or a few entries."""
    if a.shape != b.shape or not a.any():
        return True
    k = float((a * b).sum() / (a * a).sum())
    if 0 < (a != b).sum() <= 0.15 * a.size:
        return True
    return np.allclose(b, k * a, rtol=1e-6, atol=1e-6 * np.abs(b).max())
