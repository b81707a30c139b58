"""The Python API: the commands without a command line. `sumtune` offers its functions."""
