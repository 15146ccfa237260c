"""The loyalty engine: programmes, their rules, what a receipt gives, and the arithmetic of the points ledger. Pure: no clock, no IO."""
