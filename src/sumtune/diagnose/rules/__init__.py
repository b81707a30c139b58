"""Rules, grouped by what they examine. Each is named after the code of its finding and returns the finding or None."""
