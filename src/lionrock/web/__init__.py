"""The web application as it is served. Its sources are in `ui/`, outside the package."""
