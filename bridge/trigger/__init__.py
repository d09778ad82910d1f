"""Something happened: webhooks' bodies and the clock, read into values that wake policies. Pure."""
