"""``python -m console`` is ``interlock``."""

from console.cli.main import main

if __name__ == "__main__":
    main()
