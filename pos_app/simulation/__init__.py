"""The chain in a box: real tills and a real headquarters in one process, under a virtual clock, with seeded faults."""
