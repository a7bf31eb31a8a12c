"""Starts the Python runtime of a sandbox; all it does is in lambent_runtime, which compiles once."""

from lambent_runtime import loop

loop.run()
