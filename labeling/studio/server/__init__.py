"""The embedded server: Label Studio on this machine, started, found and ended."""
