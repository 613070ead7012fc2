"""What workers do: gather (store, clients), decide (engine, plugins), carry out, record."""
