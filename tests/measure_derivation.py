"""How well ``check_derivation`` does on the corpus. Run by hand: python tests/measure_derivation.py

Arguments: the first seed and the number of networks. Prints the share of wrong derivations whose
first wrong step and whose mistake are named, false alarms and false claims, and what was missed.
"""

import sys
import time
from collections import Counter

import numpy as np
from derivation_corpus import OUTSIDE, Net
from derivation_models import model_cases


def judge(case, counts, missed):
    """Check one case and count how it went."""
    report = case.check()
    if not case.first:
        counts["right"] += 1
        if not report.ok:
            counts["false alarm"] += 1
            missed.append((case.title, "FALSE ALARM", report.first_wrong))
        return
    found = report.first_wrong
    if case.diagnosis is None:
        counts["outside"] += 1
        claims = found is not None and report.steps[found].diagnosis is not None
        counts["false claim"] += claims
        if claims or found not in case.first:
            step = report.steps.get(found)
            missed.append((case.title, "OUTSIDE", found, step and step.diagnosis))
        counts["outside, step"] += found in case.first
        return
    counts["wrong"] += 1
    counts["step"] += found in case.first
    step = report.steps.get(found)
    top = step is not None and step.diagnosis in case.diagnosis
    tied = step is not None and bool(set(step.also) & set(case.diagnosis))
    counts["top"] += top
    counts["top or tied"] += top or tied
    if not top or found not in case.first:
        got = step and (step.diagnosis, step.also)
        missed.append((case.title, "tied" if tied else "MISSED", found, got, case.diagnosis))


def summary(counts):
    """The bars."""
    share = lambda a, b: f"{counts[a]}/{counts[b]} ({100 * counts[a] / max(1, counts[b]):.2f} %)"
    return (
        f"first step {share('step', 'wrong')}, top diagnosis {share('top', 'wrong')}, "
        f"or tied {share('top or tied', 'wrong')}; false alarms {share('false alarm', 'right')}; "
        f"outside the table: step {share('outside, step', 'outside')}, "
        f"false claims {share('false claim', 'outside')}"
    )


def nets(seeds, every=1):
    """All cases of some networks."""
    for seed in seeds:
        net = Net(seed)
        rng = np.random.default_rng(seed)
        for form in "fa":
            yield net.right_case(form)
        mistakes = net.mistakes() + [(k, s) for k in OUTSIDE for s in net.steps()]
        for kind, at in mistakes:
            if rng.random() < 1 / every:
                case = net.wrong_case(kind, at, "f" if rng.random() < 0.7 else "a")
                if case is not None:
                    yield case


def main(first, count, every):
    """Measure, and print."""
    counts, missed = Counter(), []
    start = time.time()
    cases = list(nets(range(first, first + count), every))
    for seed in range(first, first + max(1, count // 10)):
        cases += model_cases(seed)
    for case in cases:
        judge(case, counts, missed)
    for m in missed:
        print(*m)
    print(Counter((m[1]) for m in missed))
    print(summary(counts))
    print(f"{len(cases)} cases in {time.time() - start:.1f} s")


if __name__ == "__main__":
    main(*(int(x) for x in (sys.argv[1:] + ["0", "40", "4"][len(sys.argv) - 1 :])))
