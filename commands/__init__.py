"""What a person types: `./run <command>`. Each module is one command or what several share."""
