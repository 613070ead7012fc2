from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="Not A Name", title="Nameless", version="1.0.0")


@hookimpl
def on_attendance(attendance):
    return None
