"""Rules, grouped by what they examine. A rule has the name of its finding's code and returns the finding or None."""
