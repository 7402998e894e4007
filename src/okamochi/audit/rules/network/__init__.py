"""Between the visitor and the app: proxies, headers, timeouts, static files."""
