"""Floor 5: looks at a project and decides the plan; never imports or runs anything of it."""
