from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="aardvark", title="Aardvark, entry point zebra", version="1.0.0")


@hookimpl
def on_recording(recording):
    return None
