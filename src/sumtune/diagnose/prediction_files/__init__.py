"""Files of predictions from any tool: how their rows are laid out, and which column holds what."""
