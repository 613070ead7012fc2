from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="misspelt", title="Misspelt", version="1.0.0")


@hookimpl
def on_registrent(registrant):
    return None
