"""``check_grads``: autodiff against numerical derivatives that know how good they are.

There is no absolute tolerance anywhere: a loss scaled by 1e-6 is checked as sharply as one scaled
by 1e6. Every numerical derivative comes with a bound, and an entry whose bound is too wide to
judge by is reported as such instead of being passed.

``problem`` runs the function, ``truth`` finds numerical derivatives, ``judge`` compares,
``checker`` decides what is checked, ``report`` tells.
"""

from .checker import check_grads as check_grads
from .judge import AGREE as AGREE, CANNOT_TELL as CANNOT_TELL, DISAGREE as DISAGREE
from .report import Entry as Entry, Report as Report
