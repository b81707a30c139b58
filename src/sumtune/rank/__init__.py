"""Learning to rank: candidates from adapters that have not seen the dialogue, their rewards, and training on them."""
