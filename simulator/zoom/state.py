"""All Zoom accounts of the simulator, and finding things in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from simulator.zoom import errors
from simulator.zoom.errors import ZoomError
from simulator.zoom.grants import Grants
from simulator.zoom.ids import Ids
from simulator.zoom.limits import check_plan, define_limits
from simulator.zoom.model import Account, Instance, Recording, RecordingFile, User, Webinar
from simulator.zoom.sender import WebhookSender
from simulator.zoom.switches import ZOOM_SWITCHES

if TYPE_CHECKING:
    from simulator.world import World


class ZoomState:
    """Accounts, webinars, sessions, recordings and grants; guarded by `world.lock`."""

    def __init__(self, world: World) -> None:
        if hasattr(world, "zoom"):  # A reset: the old state's webhooks stop.
            world.zoom.sender.close()
        self.world = world
        self.ids = Ids()
        self.accounts: dict[str, Account] = {}
        self.webinars: dict[int, Webinar] = {}
        self.instances: dict[str, Instance] = {}
        self.recordings: dict[str, Recording] = {}
        self.files: dict[str, tuple[Recording, RecordingFile]] = {}
        self.download_tokens: dict[str, tuple[str, datetime]] = {}
        self.adds_today: Counter[tuple[str, str, str]] = Counter()
        self.status_changes_today: Counter[tuple[str, str, str]] = Counter()
        self.page_secret = self.ids.secret()
        self.scene_notes: dict[str, object] = {}
        self.grants = Grants(self)
        self.sender: WebhookSender = WebhookSender(world)
        define_limits(world.limits)
        for name, value in ZOOM_SWITCHES.items():
            world.switches.setdefault(name, value)

    def now(self) -> datetime:
        """The present, aware UTC."""
        return self.world.clock()

    def switch(self, name: str) -> Any:
        """The value of one of `ZOOM_SWITCHES`."""
        return self.world.switches[f"zoom_{name}"]

    def url(self, path: str) -> str:
        """A link below the simulated Zoom."""
        return f"{self.world.base_url}/zoom{path}"

    def add_account(
        self, account_id: str = "", plan: str = "pro", users: list[Mapping[str, Any]] | None = None
    ) -> Account:
        """Open an account, replacing one by that id; a user is `{email, first_name, ...}`."""
        if account_id in self.accounts:
            self.remove_account(account_id)
        account = Account(account_id or self.ids.opaque(), check_plan(plan))
        self.accounts[account.id] = account
        for user in users or []:
            self.add_user(account, user)
        return account

    def remove_account(self, account_id: str) -> None:
        """Forget an account with all that belongs to it."""
        del self.accounts[account_id]
        for webinar in [item for item in self.webinars.values() if item.account_id == account_id]:
            self.forget_webinar(webinar)
        self.grants.kill(account_id)

    def forget_webinar(self, webinar: Webinar) -> None:
        """Remove a webinar with its sessions and recordings."""
        self.webinars.pop(webinar.id, None)
        for instance in webinar.instances:
            self.instances.pop(instance.uuid, None)
            recording = self.recordings.pop(instance.uuid, None)
            for file in recording.files if recording else []:
                self.files.pop(file.id, None)

    def add_user(self, account: Account, fields: Mapping[str, Any]) -> User:
        """Add a person to an account; raises TypeError for a field a user does not have."""
        details = {"id": self.ids.opaque(), "created_at": self.now(), **fields}
        user = User(**details)
        account.users[user.id] = user
        return user

    def find_account(self, account_id: str) -> Account:
        """The account by that id; raises ZoomError 404."""
        if account_id not in self.accounts:
            raise ZoomError(404, 2001, f"Account does not exist: {account_id}.")
        return self.accounts[account_id]

    def find_user(self, account: Account, reference: str) -> User:
        """A user of the account by id or e-mail; raises 1001 or 1010."""
        wanted = reference.lower()
        for user in account.users.values():
            if user.id == reference or user.email.lower() == wanted:
                return user
        for other in self.accounts.values():
            if reference in other.users:
                raise ZoomError(400, 1010, f"User does not belong to this account: {account.id}.")
        raise ZoomError(404, 1001, f"User does not exist: {reference}.")

    def host_of(self, webinar: Webinar) -> User:
        """The owner of a webinar; an empty user once that person left the account."""
        users = self.accounts[webinar.account_id].users
        return users.get(webinar.host_id) or User(webinar.host_id, "")

    def find_numbered_webinar(self, account_id: str, reference: str) -> Webinar:
        """A webinar by its number alone; raises 300 for another form, 3001 when absent."""
        if not reference.isdigit():
            raise ZoomError(400, 300, "Invalid webinar ID.")
        webinar = self.webinars.get(int(reference))
        if webinar is None or webinar.account_id != account_id:
            raise errors.no_such_webinar(reference)
        days, over_at = self.switch("ended_webinar_known_days"), webinar.last_planned_end()
        if days and over_at and over_at + timedelta(days=float(days)) < self.now():
            raise errors.no_such_webinar(reference)
        return webinar

    def find_webinar(self, account_id: str, reference: str) -> Webinar:
        """A webinar by number, by the UUID of a past session or by the next one's UUID."""
        if reference.isdigit():
            return self.find_numbered_webinar(account_id, reference)
        instance = self.instances.get(reference)
        if instance is not None:
            return self.find_numbered_webinar(account_id, str(instance.webinar_id))
        for webinar in self.webinars.values():
            if webinar.uuid == reference and webinar.account_id == account_id:
                return webinar
        raise errors.no_such_webinar(reference)

    def find_instance(self, account_id: str, reference: str) -> Instance:
        """The session by that UUID; a number means the latest one that is over."""
        if reference.isdigit():
            webinar = self.webinars.get(int(reference))
            over = webinar.ended_instances() if webinar else []
            if webinar is None or webinar.account_id != account_id or not over:
                raise errors.no_such_session(reference)
            return over[-1]
        instance = self.instances.get(reference)
        if instance is None or self.webinars[instance.webinar_id].account_id != account_id:
            raise errors.no_such_session(reference)
        return instance

    def make_download_token(self, account_id: str, seconds: float) -> str:
        """A bearer token that downloads recording files of one account."""
        token = self.ids.secret()
        self.download_tokens[token] = (account_id, self.now() + timedelta(seconds=seconds))
        return token
