"""The demonstration's part of the face: a player that works the till by keys and scans, and a counter with simulated devices."""
