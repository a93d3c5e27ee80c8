"""The mix of a run: verdicts, callers, and how often each thing that cases use decided them."""

from collections import Counter
from dataclasses import dataclass, field

from tests.differential import ablation

SAMPLE = 20
"""One case in this many is taken apart to see what decided it: that costs an evaluation for each thing it uses."""


@dataclass
class Tally:
    """Counts that add up over the pieces of a run."""

    verdicts: Counter = field(default_factory=Counter)
    callers: Counter = field(default_factory=Counter)
    used: Counter = field(default_factory=Counter)
    sampled: Counter = field(default_factory=Counter)
    decided: Counter = field(default_factory=Counter)
    refused: int = 0

    def add(self, other):
        """Take another piece's counts in."""
        for name in ("verdicts", "callers", "used", "sampled", "decided"):
            getattr(self, name).update(getattr(other, name))
        self.refused += other.refused

    def count(self, index, case, verdict):
        """Count one case."""
        self.verdicts[verdict] += 1
        self.callers[case["request"]["principal"]["kind"]] += 1
        found = ablation.features(case)
        self.used.update(found)
        if index % SAMPLE == 0:
            self.sampled.update(found)
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
        yield f"{'':<44} {'used':>9}  decided (of one case in {SAMPLE})"
        for feature in ablation.expected():
            yield f"{feature[0]:<10} {feature[1]:<33} {self.used[feature]:>9}  {self.decides(feature):6.1%}"
