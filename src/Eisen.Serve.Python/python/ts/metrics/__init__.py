"""Metrics that handlers report; they go to the server as lines of the model log, see caching_metric."""
