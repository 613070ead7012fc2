"""Installing into both platforms, valid tokens ever after, and who is signed in."""
