from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="wrong_argument", title="Wrong argument", version="1.0.0")


@hookimpl
def on_attendance(attendance, session):
    return None
