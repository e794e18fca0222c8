"""Drawings of recorded graphs: ``draw(t)`` gives a ``Drawing``, to look at or to save.

Three steps, each in files of its own. Read the graph into plain records: ``graph.py``, with
``recover.py`` for the numbers, ``label.py`` and ``names.py`` for the words, ``groups.py`` and
``fold.py`` for what shares a card, ``health.py`` for what is ill; ``views.py`` turns a reading
into the other views. Lay the records out: as DOT (``dot.py``, with ``card.py``, ``cells.py`` and
``far.py``), as text (``terminal.py``), as JSON (``jsonform.py``). Find something that renders DOT
(``render.py``) and colour it (``theme.py``). The records know no DOT and the DOT knows no Tensor.
"""

from .difference import Difference as Difference, diff as diff
from .drawing import Drawing as Drawing
from .entry import draw as draw
from .player import Steps as Steps, steps as steps
