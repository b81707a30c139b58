"""What a run will take, measured on this machine before it starts."""
