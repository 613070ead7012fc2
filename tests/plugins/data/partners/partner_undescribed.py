from rollcall import hookimpl


@hookimpl
def on_attendance(attendance):
    return None
