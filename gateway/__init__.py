"""Every door of the process: HTTP, queue, clock and terminal."""
