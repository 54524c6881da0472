"""Run the command with ``python -m optimizer``."""

from optimizer.cli.app import main

if __name__ == "__main__":
    main()
