"""Languages of the screen: one Qt Linguist file each, and its compiled form beside it."""
