"""What a run hands over: the report as one HTML page, the comparison of runs, and the model card."""
