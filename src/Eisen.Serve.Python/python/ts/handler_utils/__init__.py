"""What handlers call: streamed answers, timing, micro batches, text."""
