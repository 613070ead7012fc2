"""HubSpot and Zoom as far as Rollcall can see them: two stateful stand-ins served over plain HTTP.

Nothing here imports the rest of the project, so the simulator can judge it from outside.
`simulator.app` builds and serves it, `simulator.world` holds everything that is remembered.
"""
