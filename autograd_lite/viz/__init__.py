"""Drawings of recorded graphs: ``draw(t)`` gives a ``Drawing``, to look at or to save.

Three steps, each in files of its own: read the graph into plain records (``graph.py``, with
``recover.py`` for the numbers and ``label.py`` for the words), lay the records out as DOT
(``dot.py``, with ``cells.py`` for the tables and ``far.py`` for long edges), and find something
that renders DOT (``render.py``). The records know no DOT and the DOT knows no Tensor.
"""

from .drawing import Drawing as Drawing, draw as draw
from .player import Steps as Steps, steps as steps
