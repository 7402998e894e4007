"""What docker stack deploy ignores, refuses, or takes in another sense than Compose."""
