"""The project that goes up to HubSpot agrees with what the code does."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest

from engine.plan import APP_EVENT_KINDS
from oauth.flows import HUBSPOT_OPTIONAL_SCOPES, HUBSPOT_SCOPES
from oauth.routes import HUBSPOT_CALLBACK, HUBSPOT_INSTALL
from plugins import timeline_events
from rollcall import TimelineEvent
from rollcall.effects import EXCLUSION_REASONS
from schemas.api_people import OUTCOMES
from schemas.hubspot_webhooks import Happening, parse_contact_events
from tests.marketplace.conftest import APP, FOLDER, read, sources
from tests.rollcall.values import attendance, context, recording, registrant

ROOT = "${ROLLCALL_URL}"
METAS = sorted(APP.rglob("*-hsmeta.json"))
SHARED = APP / "packages" / "shared"
EVENTS = FOLDER / "app-events"
AUDIENCE = {"recording_audience": "attended"}


def sent_events() -> dict[str, Mapping[str, str]]:
    """What the built-in plugin sends of each type."""
    effects = (
        *timeline_events.on_registrant(registrant()),
        *timeline_events.on_attendance(attendance()),
        *timeline_events.on_recording(recording(), context(settings=AUDIENCE)),
    )
    return {one.type: one.properties for one in effects if isinstance(one, TimelineEvent)}


@pytest.fixture
def app() -> Any:
    return read("src/app/app-hsmeta.json")["config"]


class TestApp:
    def test_it_is_a_project_of_the_newest_platform(self) -> None:
        # https://developers.hubspot.com/docs/developer-tooling/platform/versioning
        assert read("hsproject.json")["platformVersion"] == "2026.09"

    def test_it_asks_for_the_scopes_the_installation_asks_for(self, app: Any) -> None:
        assert (app["distribution"], app["auth"]["type"]) == ("marketplace", "oauth")
        assert app["auth"]["requiredScopes"] == list(HUBSPOT_SCOPES)
        assert app["auth"]["optionalScopes"] == list(HUBSPOT_OPTIONAL_SCOPES)
        assert app["auth"]["conditionallyRequiredScopes"] == []

    def test_it_sends_people_to_the_installation_and_nowhere_else(self, app: Any) -> None:
        assert app["auth"]["redirectUrls"] == [ROOT + HUBSPOT_INSTALL, ROOT + HUBSPOT_CALLBACK]
        assert app["permittedUrls"] == {"fetch": [ROOT], "iframe": [], "img": []}

    def test_every_part_has_a_name_of_its_own_and_what_it_begins_with(self) -> None:
        uids = []
        for path in METAS:
            meta = json.loads(path.read_text())
            uids.append(meta["uid"])
            if "entrypoint" in meta["config"]:
                entry = FOLDER / "src" / meta["config"]["entrypoint"].removeprefix("/")
                assert "hubspot.extend" in entry.read_text()
                assert (entry.parent / "package.json").is_file()
        assert len(uids) == len(set(uids)) == 5
        assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", uid) for uid in uids)

    def test_the_address_gets_in_at_one_place(self) -> None:
        profile = read("src/hsprofile.example.json")["variables"]
        used = {name for path in METAS for name in re.findall(r"\$\{(\w+)\}", path.read_text())}
        assert used == set(profile)
        assert profile["ROLLCALL_URL"].startswith("https://")
        named = [path for path in sources() if "ROLLCALL_URL" in path.read_text()]
        assert {path.name for path in named} == {"rollcall.ts", "client.ts"}

    def test_the_webhooks_it_subscribes_to_are_those_that_are_read(self) -> None:
        config = read("src/app/webhooks/webhooks-hsmeta.json")["config"]
        assert config["settings"]["targetUrl"] == f"{ROOT}/webhooks/hubspot"
        listed = config["subscriptions"]
        read_as = []
        for one in (*listed["legacyCrmObjects"], *listed["hubEvents"]):
            assert one["active"]
            event = {**one, "portalId": 1, "objectId": 2}
            (found,) = parse_contact_events(json.dumps([event]).encode())
            read_as.append(found.happening)
        assert set(read_as) == set(get_args(Happening))


class TestAppEvents:
    """https://developers.hubspot.com/docs/apps/developer-platform/add-features/app-events/reference"""

    def test_they_are_not_uploaded_before_hubspot_approved_them(self) -> None:
        assert not (APP / "app-events").exists()

    def test_each_has_exactly_the_properties_that_are_sent(self) -> None:
        sent = sent_events()
        defined = {path.stem.removesuffix("-hsmeta"): path for path in EVENTS.glob("*.json")}
        assert set(defined) == set(sent) == {kind.removeprefix("app_") for kind in APP_EVENT_KINDS}
        for kind, path in defined.items():
            meta = json.loads(path.read_text())
            config = meta["config"]
            assert (meta["uid"], meta["type"]) == (f"rollcall_{kind}", "app-event")
            assert (config["objectType"], len(config["name"]) <= 50) == ("CONTACT", True)
            types = {one["name"]: one["type"] for one in config["properties"]}
            assert set(types) == set(sent[kind])
            numbers = {name for name, type_ in types.items() if type_ == "number"}
            assert numbers == {name for name in types if name.startswith("duration_")}
            assert all(float(sent[kind][name]) >= 0 for name in numbers)
            shown = re.findall(r"{{(\w+)}}", config["headerTemplate"] + config["detailTemplate"])
            assert set(shown) <= set(types)

    def test_how_they_get_in_is_told(self) -> None:
        told = (FOLDER / "README.md").read_text()
        assert "cp app-events/*-hsmeta.json src/app/app-events/" in told
        assert "HUBSPOT_APP_EVENTS" in told


class TestCalls:
    def test_every_call_is_a_route_and_answers_with_the_type_it_says(
        self, api_types: ModuleType
    ) -> None:
        paths = api_types.described()["paths"]
        calls = api_types.calls()
        assert len(calls) > 10
        for method, answer, path in calls:
            responses = paths[path][method]["responses"]
            (succeeded,) = [one for code, one in responses.items() if code.startswith("2")]
            schema = succeeded["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
            is_page = schema.endswith("Page")
            assert answer == (f"Page<{schema.removesuffix('Page')}>" if is_page else schema), path

    def test_every_call_is_in_the_list(self) -> None:
        for path in sources():
            text = path.read_text()
            assert ("hubspot.fetch(" in text) == (path.name == "client.ts"), path
            assert ("/api/" in text) <= (path.name in ("calls.ts", "api-types.ts")), path

    def test_the_types_are_made_of_the_api_as_it_is(self, api_types: ModuleType) -> None:
        stale = "run: python marketplace/hubspot/api_types.py"
        assert api_types.TARGET.read_text() == api_types.write_types(), stale


class TestWords:
    def test_the_outcomes_have_the_words_users_know(self) -> None:
        text = (SHARED / "words.ts").read_text()
        shown = dict(re.findall(r'(\w+): \{ word: "([^"]+)"', text))
        assert tuple(shown) == OUTCOMES
        assert list(shown.values()) == ["In sync", "Excluded", "Failing", "Waiting"]

    def test_every_reason_of_an_exclusion_has_words(self) -> None:
        text = (SHARED / "words.ts").read_text()
        assert set(re.findall(r"^  (\w+): \"", text, re.MULTILINE)) >= EXCLUSION_REASONS


class TestPackages:
    def test_a_screen_imports_nothing_from_outside_its_folder(self) -> None:
        # What is outside is not there at HubSpot's:
        # https://developers.hubspot.com/docs/apps/developer-platform/add-features/ui-extensions/tools/linting/rules/no-parent-imports
        for path in sources():
            for name in re.findall(r'(?:from|import) "([^"]+)"', path.read_text()):
                assert not name.startswith(".."), f"{path} imports {name}"

    def test_every_package_is_pinned_and_the_same_everywhere(self) -> None:
        versions: dict[str, set[str]] = {}
        for path in (FOLDER / "package.json", *APP.rglob("package.json")):
            if "node_modules" in path.parts:
                continue
            given = json.loads(path.read_text())
            for name, version in {
                **given.get("dependencies", {}),
                **given.get("devDependencies", {}),
            }.items():
                assert re.fullmatch(r"\d+\.\d+\.\d+", version), f"{name} {version} in {path}"
                versions.setdefault(name, set()).add(version)
        assert all(len(found) == 1 for found in versions.values()), versions

    def test_the_lock_names_no_registry(self) -> None:
        packages = read("package-lock.json")["packages"]
        resolved = {one["resolved"] for one in packages.values() if "resolved" in one}
        assert resolved == {str(Path("src/app") / name) for name in ("cards", "settings")} | {
            "src/app/packages/shared"
        }
        fetched = [
            name
            for name, one in packages.items()
            if "node_modules/" in name and not one.get("link")
        ]
        assert all("integrity" in packages[name] for name in fetched)

    def test_what_an_operator_types_is_told(self) -> None:
        told = (FOLDER / "README.md").read_text()
        assert "hs project upload --profile" in told
        assert "hsprofile.example.json" in told
