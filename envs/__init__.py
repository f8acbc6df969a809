"""What would happen: markets, calibration, constraints and the budget environment."""
