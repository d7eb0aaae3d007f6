"""`python -m gateway` is `maita`."""

from gateway.cli import main

if __name__ == "__main__":
    main()
