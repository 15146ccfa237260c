"""The worker that sends the till's journal to HQ and fetches what changed there."""
