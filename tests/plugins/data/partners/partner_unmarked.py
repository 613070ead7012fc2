from rollcall import PluginDescription, hookimpl


@hookimpl
def describe_plugin():
    return PluginDescription(name="unmarked", title="Unmarked", version="1.0.0")


@hookimpl
def on_attendance(attendance):
    return None


def should_exclude(person):
    return None
