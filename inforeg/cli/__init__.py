"""The command line, one file per group of commands.

Each file's `register` adds its commands to the parser; a command is a function of the parsed arguments.
"""
