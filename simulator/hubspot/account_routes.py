"""The account itself: details, owners, users, business units, uninstalling.

https://developers.hubspot.com/docs/api-reference/latest/account/account-information
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from simulator.hubspot.endpoints import Answer, ApiCall, Endpoints
from simulator.hubspot.errors import refuse
from simulator.hubspot.models import Owner, User
from simulator.hubspot.wire import iso, page_of

OWNERS = ("crm.objects.owners.read",)
USERS = ("settings.users.read", "crm.objects.users.read")
UNITS = ("business_units_view.read",)
OLD_UNITS = "/business-units/v3/business-units/user/<user_id>"
DATED_UNITS = "/business-units/public/{V}/business-units/user/<user_id>"


def add_account_routes(endpoints: Endpoints) -> None:
    """Routes about the account and its people."""
    add = endpoints.add
    add("GET", "/account-info/{V}/details", "/account-info/v3/details", scopes=("oauth",))(details)
    add(
        "DELETE",
        "/appinstalls/{V}/external-install",
        "/appinstalls/v3/external-install",
        scopes=("oauth",),
        write=True,
    )(uninstall)
    add("GET", "/crm/owners/{V}", "/crm/v3/owners", scopes=OWNERS)(list_owners)
    add("GET", "/crm/owners/{V}/<owner_id>", "/crm/v3/owners/<owner_id>", scopes=OWNERS)(read_owner)
    add("GET", "/settings/users/{V}", "/settings/v3/users", scopes=USERS)(list_users)
    add("GET", "/settings/users/{V}/<user_id>", "/settings/v3/users/<user_id>", scopes=USERS)(
        read_user
    )
    add("GET", DATED_UNITS, OLD_UNITS, scopes=UNITS)(list_business_units)


def details(call: ApiCall) -> Answer:
    """What the account is."""
    settings = call.portal.settings
    offset = call.world.clock().astimezone(ZoneInfo(settings.time_zone)).utcoffset() or timedelta()
    minutes = int(offset.total_seconds() // 60)
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    return {
        "portalId": call.portal.id,
        "accountType": settings.account_type,
        "timeZone": settings.time_zone,
        "companyCurrency": "EUR",
        "additionalCurrencies": [],
        "utcOffset": f"{sign}{size // 60:02d}:{size % 60:02d}",
        "utcOffsetMilliseconds": minutes * 60_000,
        "uiDomain": settings.ui_domain,
        "dataHostingLocation": "na1",
    }, 200


def uninstall(call: ApiCall) -> Answer:
    """End the installation, as the app itself may."""
    call.world.hubspot.uninstall(call.portal.id)
    return None, 204


def list_owners(call: ApiCall) -> Answer:
    """A page of owners, archived or not, perhaps one address only."""
    archived, email = call.flag("archived"), call.arg("email").lower()
    owners = [
        owner
        for owner in call.portal.owners.values()
        if owner.archived == archived and email in ("", owner.email.lower())
    ]
    page, frame = page_of(owners, call.limit(100, 500), call.arg("after"))
    return {"results": [_describe_owner(call, owner) for owner in page], **frame}, 200


def read_owner(call: ApiCall, owner_id: str) -> Answer:
    """One owner, by owner id or by user id."""
    by_user = call.arg("idProperty", "id") == "userId"
    for owner in call.portal.owners.values():
        key = str(owner.user_id) if by_user else owner.id
        if key == owner_id and owner.archived == call.flag("archived"):
            return _describe_owner(call, owner), 200
    raise refuse(404, "OBJECT_NOT_FOUND", f"No owner {owner_id}")


def _describe_owner(call: ApiCall, owner: Owner) -> dict[str, Any]:
    moment = iso(call.world.clock())
    described: dict[str, Any] = {
        "id": owner.id,
        "email": owner.email,
        "type": "PERSON",
        "firstName": owner.first_name,
        "lastName": owner.last_name,
        "createdAt": moment,
        "updatedAt": moment,
        "archived": owner.archived,
        "teams": [],
    }
    if owner.user_id is not None:
        described["userIdIncludingInactive"] = owner.user_id
        if not owner.archived:
            described["userId"] = owner.user_id
    return described


def list_users(call: ApiCall) -> Answer:
    """A page of the people who can sign in."""
    users = list(call.portal.users.values())
    page, frame = page_of(users, call.limit(100, 100), call.arg("after"))
    return {"results": [_describe_user(user) for user in page], **frame}, 200


def read_user(call: ApiCall, user_id: str) -> Answer:
    """One person, by id or address."""
    by_email = call.arg("idProperty") == "EMAIL"
    for user in call.portal.users.values():
        if user_id.lower() == (user.email.lower() if by_email else str(user.id)):
            return _describe_user(user), 200
    raise refuse(404, "OBJECT_NOT_FOUND", "No user with this id")


def _describe_user(user: User) -> dict[str, Any]:
    return {
        "id": str(user.id),
        "email": user.email,
        "firstName": user.first_name,
        "lastName": user.last_name,
        "roleIds": [],
        "superAdmin": user.super_admin,
    }


def list_business_units(call: ApiCall, user_id: str) -> Answer:
    """The account's brands."""
    names = set(call.arg_list("name"))
    units = [unit for unit in call.portal.business_units if not names or unit["name"] in names]
    return {"results": units}, 200
