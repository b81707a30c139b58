"""Search over settings: the space, the division of the training examples, and the study of trials."""
