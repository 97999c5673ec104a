"""Assembly: one legal entity is one site is one data directory. Here the rooms below are put together and served."""
