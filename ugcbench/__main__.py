"""`python -m ugcbench` is the command line."""

from ugcbench.cli import main

main()
