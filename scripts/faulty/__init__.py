"""What can go wrong between us and Label Studio, brought about on purpose."""
