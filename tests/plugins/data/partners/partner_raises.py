raise ValueError("somebody@example.com")
