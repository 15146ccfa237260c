"""The returns screen: goods come back, with their receipt or, if a manager allows it, without one that can be shown."""
