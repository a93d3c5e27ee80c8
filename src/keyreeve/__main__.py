"""`python -m keyreeve` is the command line."""

from keyreeve.cli import main

main()
