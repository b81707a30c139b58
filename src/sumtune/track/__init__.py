"""Trackers: MLflow, TensorBoard and Trackio follow a run by reading its folder, so they cannot disturb the training."""
