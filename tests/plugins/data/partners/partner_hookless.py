from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="hookless", title="Hookless", version="1.0.0")
