"""Real servers, and a few faulty ones, that tests start on loopback."""
