"""The till's face: PySide6 lives here only. A folder a screen: view, presenter, model."""
