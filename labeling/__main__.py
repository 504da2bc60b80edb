"""``python -m labeling`` is ``labeling``."""

from labeling.cli import main

if __name__ == "__main__":
    main()
