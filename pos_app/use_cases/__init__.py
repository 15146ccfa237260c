"""What the till does: sell, take back, enrol, import, explain, check. No Qt and no SQL in here."""
