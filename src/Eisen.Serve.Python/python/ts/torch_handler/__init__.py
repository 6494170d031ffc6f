"""The handlers that an archive can name without bringing them, and the classes that its own handlers extend."""
