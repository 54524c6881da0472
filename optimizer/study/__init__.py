"""Many solves for one answer: the plan with its baselines, ranges and activity."""
