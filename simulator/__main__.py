"""`python -m simulator --bind 127.0.0.1:8100`: serve both platforms until interrupted."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading

from simulator.app import make_simulator_server
from simulator.world import Apps, World


def main(arguments: list[str] | None = None) -> int:
    """Serve; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--bind", default=os.environ.get("SIMULATOR_BIND", "127.0.0.1:8100"))
    bind = parser.parse_args(arguments).bind
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit():
        sys.stderr.write(f"SIMULATOR_BIND: {bind!r} is not host:port, e.g. 127.0.0.1:8100\n")
        return 2
    public_url = os.environ.get("SIMULATOR_PUBLIC_URL", f"http://{host}:{port}")
    world = World(base_url=public_url.rstrip("/"), apps=Apps.from_environment(os.environ))
    server = make_simulator_server(world, host, int(port))
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    sys.stdout.write(f"simulator: HubSpot and Zoom at {world.base_url}\n")
    sys.stdout.flush()
    stopped.wait()
    world.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
