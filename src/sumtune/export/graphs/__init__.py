"""Graphs with a cache, for ONNX Runtime and OpenVINO, and the greedy search that runs them."""
