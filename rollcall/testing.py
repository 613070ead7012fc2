"""The test kit by the name a plugin's tests use; it is in the distribution ``rollcall-testkit``.

The contract's own wheel holds no more of it than this door.
"""

try:
    from rollcall_testkit.public import *  # noqa: F403
    from rollcall_testkit.public import __all__  # noqa: F401
except ModuleNotFoundError as error:
    if error.name != "rollcall_testkit":
        raise
    raise ModuleNotFoundError(
        "rollcall.testing is the door to the test kit: pip install rollcall-testkit",
        name="rollcall_testkit",
    ) from None
