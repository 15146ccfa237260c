"""What till and HQ say to each other: events, batches, hashes, signatures. Pure."""
