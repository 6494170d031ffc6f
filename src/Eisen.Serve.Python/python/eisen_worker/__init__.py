"""Eisen.Serve's Python worker: one process that runs one model's handler. See PROTOCOL.md."""
