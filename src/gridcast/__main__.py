"""`python -m gridcast` is the command `gridcast`."""

from gridcast.cli import main

main()
