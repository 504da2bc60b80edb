"""The only room that knows Label Studio: its tasks, regions and results stop here."""
