"""The controls, by subject. Importing this package registers all of them."""
