"""`python app.py` is `sumtune serve`, with the same options."""

import sys

from sumtune.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "serve")
    main()
