"""How Label Studio is asked: one client, its transport, and errors by name."""
