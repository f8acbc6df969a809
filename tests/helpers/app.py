"""An application with real results, served to a browser."""
