"""Training logs of other tools: transformers' Trainer, TensorBoard, tables of losses."""
