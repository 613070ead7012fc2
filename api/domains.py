"""Domains that suggest themselves when somebody makes an exclusion."""

from __future__ import annotations

from api.blueprint import new_blueprint
from api.callers import caller
from api.parts import parts
from schemas.api_portal import DomainsSchema
from store.database import reading
from store.domains import colleague_domains, host_domains

MOST = 50

blueprint = new_blueprint("domains", "Domains to exclude.")


@blueprint.get("/domains")
@blueprint.response(200, DomainsSchema)
def get_domains() -> dict[str, list[str]]:
    """Domains of Zoom's users (`hosts`) and of HubSpot's (`colleagues`), the most frequent first.

    At most 50 of each.
    """
    portal_id = caller().portal_id
    with reading(parts().engine) as connection:
        return {
            "hosts": host_domains(connection, portal_id)[:MOST],
            "colleagues": colleague_domains(connection, portal_id)[:MOST],
        }
