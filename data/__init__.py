"""What happened: ad exports and site landings, read and validated."""
