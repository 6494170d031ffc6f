"""What handlers and their bases share."""
