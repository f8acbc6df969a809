"""What to do: policies, their training, their comparison and the plan."""
