"""What ECS and Fargate refuse, ignore, or take in another sense."""
