"""All layers under one name: ``from nn.layers import Linear, Conv2d, LSTM``."""

from .activations import (
    ELU as ELU,
    GELU as GELU,
    SELU as SELU,
    Activation as Activation,
    Hardtanh as Hardtanh,
    Identity as Identity,
    LeakyReLU as LeakyReLU,
    LogSigmoid as LogSigmoid,
    LogSoftmax as LogSoftmax,
    Mish as Mish,
    PReLU as PReLU,
    ReLU as ReLU,
    ReLU6 as ReLU6,
    Sigmoid as Sigmoid,
    SiLU as SiLU,
    Softmax as Softmax,
    Softplus as Softplus,
    Softsign as Softsign,
    Step as Step,
    Tanh as Tanh,
    activation_named as activation_named,
)
from .arguments import as_input as as_input, positive_int as positive_int
from .containers import ModuleDict as ModuleDict, ModuleList as ModuleList, Sequential as Sequential
from .convolution import AvgPool2d as AvgPool2d, Conv2d as Conv2d, MaxPool2d as MaxPool2d
from .dense import Embedding as Embedding, Flatten as Flatten, Linear as Linear, linear as linear
from .noise import Dropout as Dropout
from .normalization import (
    BatchNorm1d as BatchNorm1d,
    BatchNorm2d as BatchNorm2d,
    LayerNorm as LayerNorm,
)
from .perceptrons import MLP as MLP, Perceptron as Perceptron, RuleHistory as RuleHistory
from .recurrent import GRU as GRU, LSTM as LSTM, RNN as RNN
