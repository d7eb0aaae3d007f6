"""What `maita` can do, a module for each group of commands. Registered by `gateway.cli`.

A command reads its arguments, opens what it needs, calls what does the work and prints. Heavy
imports are inside the commands, so that each starts as fast as it can.
"""
