"""The border: foreign JSON becomes frozen values here, and our values become foreign JSON."""
