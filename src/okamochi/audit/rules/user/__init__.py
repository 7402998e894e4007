"""As whom the app runs, and what that user may write."""
