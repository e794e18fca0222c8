"""Numbers that PyTorch 2.13 computed once, in float64, and the inputs they were computed from."""

import json
from pathlib import Path

import numpy as np

NUMBERS = json.loads((Path(__file__).parent / "golden" / "pytorch_nn.json").read_text())
INPUTS = {name: np.array(value) for name, value in NUMBERS["inputs"].items()}
