"""The mix of a run: verdicts, callers, and how often each thing that cases use decided them."""

from collections import Counter
from dataclasses import dataclass, field

from tests.differential import ablation

SAMPLE = 19
"""Of one set of policies in this many one case is taken apart to see what decided it: that costs an evaluation for each
thing that it uses. (A prime, so as to fall on every kind of set.)"""


@dataclass
class Tally:
    """Counts that add up over the pieces of a run."""

    verdicts: Counter = field(default_factory=Counter)
    callers: Counter = field(default_factory=Counter)
    used: Counter = field(default_factory=Counter)
    sampled: Counter = field(default_factory=Counter)
    decided: Counter = field(default_factory=Counter)
    refused: int = 0

    COUNTERS = ("verdicts", "callers", "used", "sampled", "decided")

    def add(self, other):
        """Take another piece's counts in."""
        for name in self.COUNTERS:
            getattr(self, name).update(getattr(other, name))
        self.refused += other.refused

    def count_set(self, first):
        """Count what a set of policies uses, before its first request."""
        self.used.update(ablation.features(first))

    def count(self, case, verdict, *, sampled):
        """Count one case."""
        self.verdicts[verdict] += 1
        self.callers[case["request"]["principal"]["kind"]] += 1
        if sampled:
            self.sampled.update(ablation.features(case))
            self.decided.update(ablation.deciding(case, verdict))

    @property
    def cases(self):
        """Cases that both sides decided."""
        return sum(self.verdicts.values())

    def share(self, verdict):
        """Share of a verdict among all cases."""
        return self.verdicts[verdict] / max(self.cases, 1)

    def decides(self, feature):
        """Share of the sampled cases that use a feature in which it decided."""
        return self.decided[feature] / max(self.sampled[feature], 1)

    def lines(self):
        """The mix as text."""
        yield f"{self.cases} cases ({self.refused} more had a document that the engine would not have stored)"
        yield ", ".join(
            f"{verdict} {self.share(verdict):.1%}" for verdict in ("allowed", "explicit_deny", "implicit_deny")
        )
        yield "callers: " + ", ".join(f"{kind} {count / self.cases:.1%}" for kind, count in self.callers.most_common())
        yield f"{'':<44} {'sets':>9} {'sampled':>8}  decided"
        for feature in ablation.expected():
            counts = f"{self.used[feature]:>9} {self.sampled[feature]:>8}  {self.decides(feature):6.1%}"
            yield f"{feature[0]:<10} {feature[1]:<33} {counts}"
