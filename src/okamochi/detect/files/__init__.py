"""Which of the project's files count, and what files for other tools say."""
