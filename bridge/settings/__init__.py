"""The service's configuration: a file for each section, `configuration` for the whole."""
