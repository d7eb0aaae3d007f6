"""Speed, measured beside two yardsticks in the same run (docs/performance.md). `make bench`."""
