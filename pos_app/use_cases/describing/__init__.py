"""A programme's page for people: made from its file, the comments in it, and the figures of its scenario."""
