"""ML functions on the user's own machine; for now the static embedding model that ships with the package."""
