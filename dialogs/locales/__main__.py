"""`python -m dialogs.locales`: rewrite the template, every catalogue and docs/texts.md.

English is the source, so its catalogue is filled by itself; other languages keep what is
translated and get empty entries for what is new. With `--check` nothing is written and a stale
file ends with status 1. A test runs the same check.
"""

import sys

from dialogs.locales.extraction import stale, write


def main(arguments: list[str]) -> int:
    """Write, or check; the exit status."""
    if "--check" not in arguments:
        write()
        return 0
    files = stale()
    sys.stderr.writelines(f"{path} is not up to date with the sources\n" for path in files)
    return 1 if files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
