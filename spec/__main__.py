"""Decides cases: one JSON object per line in, one answer per line out."""

import json
import sys

from .evaluate import decide

for line in sys.stdin:
    sys.stdout.write(json.dumps(decide(json.loads(line))) + "\n")
