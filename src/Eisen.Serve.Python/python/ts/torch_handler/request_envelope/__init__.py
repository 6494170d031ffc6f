"""What can stand between requests and a handler that does not know how they are written: the setting service_envelope."""
