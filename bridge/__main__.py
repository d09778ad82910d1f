"""`python -m bridge` is `scalebridge`."""

from bridge.cli import main

main()
