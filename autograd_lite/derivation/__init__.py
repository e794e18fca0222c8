"""``check_derivation``: gradients derived by hand, compared step by step with the truth.

``call.py`` takes the two forms of the call, ``points.py`` runs functions at several points,
``graph.py`` reads a recorded graph. ``sweep.py`` walks backward with the user's gradients put in,
which gives the local predictions; ``statuses.py`` and ``judge.py`` decide what is equal. A wrong
step is taken apart by ``view.py`` and ``blocks.py``, and ``diagnoses/`` says what the mistake is.
"""

from .call import check_derivation as check_derivation
from .report import Report as Report, Step as Step
