"""`python -m sumtune` is the `sumtune` command."""

from sumtune.cli import main

if __name__ == "__main__":
    main()
