"""Scanners, printers and sounds, and their emulators. No Qt: each device has a thread of its own and speaks through callbacks."""
