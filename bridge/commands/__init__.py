"""What each command does, without its options, which stand in `cli`."""
