"""From decisions to edits, one commit and its message. Pure."""
