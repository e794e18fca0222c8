"""Layers as both PyTorch and nn spell them, and PyTorch's numbers for each (2.13, float64).

``python tests/nn_cases.py``, where PyTorch is installed, writes ``torch_layers.json``. Each array
is boiled down to three numbers: its sum, and two sums with irregular weights, which tell of any
entry that is wrong or in the wrong place.
"""

import json
from pathlib import Path

import numpy as np

NUMBERS = Path(__file__).with_name("torch_layers.json")

# id: (the layer, the input's shape, the shapes of the states)
CASES = {
    "linear": ("Linear(3, 2)", (4, 3), ()),
    "linear, three axes": ("Linear(3, 2, bias=False)", (2, 4, 3), ()),
    "batch norm": ("BatchNorm1d(3)", (5, 3), ()),
    "batch norm, length": ("BatchNorm1d(2, eps=0.01, momentum=0.3)", (3, 2, 4), ()),
    "batch norm, average": ("BatchNorm1d(3, momentum=None)", (4, 3), ()),
    "batch norm, plain": ("BatchNorm1d(3, affine=False, track_running_stats=False)", (4, 3), ()),
    "batch norm, images": ("BatchNorm2d(2)", (3, 2, 2, 3), ()),
    "layer norm": ("LayerNorm(4)", (3, 4), ()),
    "layer norm, two axes": ("LayerNorm((2, 3), eps=0.1)", (2, 2, 3), ()),
    "layer norm, no bias": ("LayerNorm(4, bias=False)", (3, 4), ()),
    "layer norm, plain": ("LayerNorm(4, elementwise_affine=False)", (3, 4), ()),
    "conv": ("Conv2d(2, 3, 3)", (2, 2, 5, 4), ()),
    "conv, stride and padding": (
        "Conv2d(1, 2, (3, 2), stride=(2, 1), padding=(1, 2))",
        (2, 1, 5, 4),
        (),
    ),
    "conv, same": ("Conv2d(1, 2, (2, 4), padding='same')", (1, 1, 4, 5), ()),
    "conv, valid": ("Conv2d(1, 2, 2, padding='valid', bias=False)", (1, 1, 4, 5), ()),
    "conv, dilation": ("Conv2d(2, 2, 2, dilation=(2, 1), padding=1)", (1, 2, 5, 4), ()),
    "conv, groups": ("Conv2d(4, 6, 2, groups=2)", (2, 4, 3, 4), ()),
    "conv, depthwise": ("Conv2d(3, 3, 2, stride=2, groups=3)", (2, 3, 4, 4), ()),
    "conv, one by one": ("Conv2d(3, 2, 1)", (2, 3, 2, 3), ()),
    "conv, one image": ("Conv2d(2, 3, 2)", (2, 3, 4), ()),
    "conv, reflect": ("Conv2d(1, 1, 3, padding=1, padding_mode='reflect')", (1, 1, 4, 4), ()),
    "conv, replicate": (
        "Conv2d(1, 1, 3, padding=(2, 1), padding_mode='replicate')",
        (1, 1, 4, 4),
        (),
    ),
    "conv, circular": ("Conv2d(1, 1, 3, padding=1, padding_mode='circular')", (1, 1, 4, 4), ()),
    "max pool": ("MaxPool2d(2)", (2, 2, 4, 5), ()),
    "max pool, overlapping": ("MaxPool2d(3, stride=(2, 1), padding=1)", (1, 2, 5, 4), ()),
    "max pool, dilation": ("MaxPool2d((2, 3), stride=1, dilation=(2, 1))", (1, 1, 5, 5), ()),
    "max pool, ceil": ("MaxPool2d(3, stride=2, ceil_mode=True)", (1, 2, 6, 5), ()),
    "max pool, ceil and padding": (
        "MaxPool2d(2, stride=3, padding=1, ceil_mode=True)",
        (1, 1, 6, 5),
        (),
    ),
    "avg pool": ("AvgPool2d(2)", (2, 2, 4, 5), ()),
    "avg pool, padding": ("AvgPool2d(3, stride=2, padding=1)", (1, 2, 5, 6), ()),
    "avg pool, not counting": (
        "AvgPool2d(3, stride=2, padding=1, count_include_pad=False)",
        (1, 2, 5, 6),
        (),
    ),
    "avg pool, ceil": ("AvgPool2d(2, stride=2, ceil_mode=True)", (1, 1, 5, 5), ()),
    "avg pool, ceil and padding": (
        "AvgPool2d(3, stride=2, padding=1, ceil_mode=True)",
        (1, 1, 6, 6),
        (),
    ),
    "avg pool, all": (
        "AvgPool2d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)",
        (1, 1, 6, 6),
        (),
    ),
    "avg pool, divisor": ("AvgPool2d(2, divisor_override=3)", (1, 1, 4, 4), ()),
    "rnn": ("RNN(3, 2)", (4, 2, 3), ()),
    "rnn, relu": ("RNN(3, 2, nonlinearity='relu')", (4, 2, 3), ((1, 2, 2),)),
    "rnn, deep": ("RNN(3, 2, num_layers=2, bidirectional=True)", (4, 2, 3), ((4, 2, 2),)),
    "rnn, no bias": ("RNN(3, 2, bias=False, batch_first=True)", (2, 4, 3), ()),
    "rnn, one row": ("RNN(3, 2)", (4, 3), ((1, 2),)),
    "lstm": ("LSTM(3, 2)", (4, 2, 3), ()),
    "lstm, states": ("LSTM(3, 2)", (4, 2, 3), ((1, 2, 2), (1, 2, 2))),
    "lstm, deep": (
        "LSTM(3, 2, num_layers=2, bidirectional=True)",
        (4, 2, 3),
        ((4, 2, 2), (4, 2, 2)),
    ),
    "lstm, batch first": ("LSTM(3, 2, batch_first=True, bias=False)", (2, 4, 3), ()),
    "lstm, one row": ("LSTM(3, 2)", (4, 3), ((1, 2), (1, 2))),
    "gru": ("GRU(3, 2)", (4, 2, 3), ()),
    "gru, deep": ("GRU(3, 2, num_layers=2, bidirectional=True)", (4, 2, 3), ((4, 2, 2),)),
    "gru, no bias": ("GRU(3, 2, bias=False, batch_first=True)", (2, 4, 3), ((1, 2, 2),)),
    "flatten": ("Flatten()", (2, 2, 3), ()),
    "flatten, some": ("Flatten(0, 1)", (2, 2, 3), ()),
    **{
        f"activation {name}": (name, (3, 4), ())
        for name in (
            "Sigmoid()",
            "ReLU()",
            "Tanh()",
            "Identity()",
            "LeakyReLU()",
            "LeakyReLU(0.2)",
            "ELU()",
            "ELU(0.5)",
            "GELU()",
            "GELU(approximate='tanh')",
            "SiLU()",
            "Softplus()",
            "Softplus(beta=2)",
            "Softmax(dim=1)",
            "LogSoftmax(dim=0)",
            "SELU()",
            "Mish()",
            "Softsign()",
            "Hardtanh()",
            "ReLU6()",
            "LogSigmoid()",
            "PReLU()",
            "PReLU(4)",
        )
    },
}


def filled(shape, k):
    """Irregular numbers, the same wherever they are made."""
    size = int(np.prod(shape))
    return (1.6 * np.sin(0.7 * np.arange(size) ** 1.1 + k)).reshape(shape)


def boiled(array):
    """Three numbers that tell of the whole array."""
    a = np.asarray(array, np.float64).ravel()
    place = np.arange(a.size)
    return [float(w @ a) for w in (np.ones(a.size), np.sin(1.3 * place + 0.5), np.cos(place**1.2))]


def outputs(out):
    """What a layer gave, as a flat list."""
    if isinstance(out, (tuple, list)):
        return [x for part in out for x in outputs(part)]
    return [out]


def start_state(state):
    """Values for a state dict of these names and shapes."""
    values = {}
    for k, (name, value) in enumerate(state.items()):
        shape = tuple(value.shape)
        if name == "num_batches_tracked":
            values[name] = np.array(0)
        elif name == "running_var":
            values[name] = np.abs(filled(shape, k)) + 0.5
        else:
            values[name] = filled(shape, k)
    return values


def torchs_numbers(torch):
    """Per case: outputs, gradients, second derivatives, buffers after a pass, and eval mode."""
    return {key: _numbers(torch, *case) for key, case in CASES.items()}


def _numbers(torch, text, shape, states):
    layer = eval(text, vars(torch.nn)).double()
    start = start_state(layer.state_dict())
    layer.load_state_dict({name: torch.tensor(value) for name, value in start.items()})
    x = torch.tensor(filled(shape, 20), requires_grad=True)
    given = [torch.tensor(filled(s, 30 + i), requires_grad=True) for i, s in enumerate(states)]
    hx = [] if not given else [given[0] if len(given) == 1 else tuple(given)]
    outs = outputs(layer(x, *hx))
    found = {"outputs": [boiled(out.detach()) for out in outs]}
    loss = sum((o * torch.tensor(filled(o.shape, 40 + i))).sum() for i, o in enumerate(outs))
    leaves = [x, *given, *layer.parameters()]
    first = torch.autograd.grad(loss, leaves, create_graph=True)
    found["gradients"] = [boiled(g.detach()) for g in first]
    weighted = [
        (g * torch.tensor(filled(g.shape, 50 + i))).sum()
        for i, g in enumerate(first)
        if g.requires_grad
    ]
    if weighted:
        second = torch.autograd.grad(sum(weighted), leaves, allow_unused=True)
        found["second"] = [
            boiled(torch.zeros_like(leaf) if g is None else g)
            for g, leaf in zip(second, leaves, strict=True)
        ]
    layer(x, *hx)
    found["buffers"] = {name: boiled(b) for name, b in layer.named_buffers()}
    found["eval"] = boiled(outputs(layer.eval()(x, *hx))[0].detach())
    return found


def _short(value):
    if isinstance(value, float):
        return float(f"{value:.11g}")
    if isinstance(value, list):
        return [_short(v) for v in value]
    return {k: _short(v) for k, v in value.items()}


if __name__ == "__main__":
    import torch

    lines = [f"{json.dumps(k)}: {json.dumps(_short(v))}" for k, v in torchs_numbers(torch).items()]
    NUMBERS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
