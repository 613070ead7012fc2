"""The same webinar brought to HubSpot the way others do it; ours is the product itself.

They are ports from published source, not those products running. Each has a portal of its own at
the same simulator, with the same people, latencies and limits.
"""
