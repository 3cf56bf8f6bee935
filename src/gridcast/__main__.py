"""`python -m gridcast` is the command `gridcast`."""

from gridcast.cli import main

if __name__ == "__main__":  # not where a process of a search imports it again
    main()
