from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="audit", title="Another audit", version="1.0.0")


@hookimpl
def on_attendance(attendance):
    return None
