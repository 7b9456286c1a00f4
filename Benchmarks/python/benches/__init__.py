"""The benchmark drivers. They start both systems as processes and import nothing heavy themselves."""
