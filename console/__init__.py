"""People's door: pages rendered here, without a line of script."""
