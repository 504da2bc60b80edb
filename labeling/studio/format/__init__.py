"""Label Studio's JSON and ours, both ways; pure."""
