"""Examples: reading, checking and splitting them."""
