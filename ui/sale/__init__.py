"""The sale screen: view, presenter and model of the one screen that a cashier looks at all day."""
