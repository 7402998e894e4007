"""The page that tells whether the app is well."""
