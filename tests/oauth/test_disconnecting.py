"""Ending connections: the platform is told, the tokens are gone, others' connections stay."""

from __future__ import annotations

import pytest

from clients.errors import ReconnectNeeded
from oauth.disconnecting import disconnect_portal, disconnect_zoom
from tests.oauth.support import ACCOUNT, OTHER_ACCOUNT, OTHER_HOST, OTHER_PORTAL, PORTAL, Site


def connect(site: Site, *portal_ids: int) -> None:
    for portal_id in portal_ids:
        browser = site.browser()
        browser.install_hubspot(portal_id)
        browser.connect_zoom()


def grants_at_zoom(site: Site) -> int:
    return len(site.world.zoom.grants.all())


class TestPortal:
    def test_hubspot_is_told_and_zoom_revoked(self, any_site: Site) -> None:
        connect(any_site, PORTAL)
        disconnect_portal(any_site.access, str(PORTAL))
        assert any_site.world.hubspot.grant_of(PORTAL) is None
        assert grants_at_zoom(any_site) == 0
        assert {(row["status"], row["tokens"]) for row in any_site.rows()} == {
            ("disconnected", b"")
        }
        assert any_site.links() == set()

    def test_another_portal_keeps_the_zoom_account_they_shared(self, any_site: Site) -> None:
        connect(any_site, PORTAL, OTHER_PORTAL)
        disconnect_portal(any_site.access, str(PORTAL))
        assert any_site.links() == {(str(OTHER_PORTAL), ACCOUNT)}
        assert any_site.access.zoom(str(OTHER_PORTAL), ACCOUNT).me()

    @pytest.mark.parametrize("platform", ["hubspot", "zoom"])
    def test_the_tokens_go_even_when_the_platform_cannot_be_told(
        self, site: Site, platform: str
    ) -> None:
        connect(site, PORTAL)
        site.add_fault(platform, "status", "", status=503)
        disconnect_portal(site.access, str(PORTAL))
        assert {row["tokens"] for row in site.rows()} == {b""}

    def test_nothing_works_afterwards_and_installing_again_does(self, site: Site) -> None:
        connect(site, PORTAL)
        disconnect_portal(site.access, str(PORTAL))
        with pytest.raises(ReconnectNeeded):
            site.access.hubspot(str(PORTAL))
        with pytest.raises(ReconnectNeeded):
            site.access.zoom(str(PORTAL), ACCOUNT)
        connect(site, PORTAL)
        assert site.access.hubspot(str(PORTAL)).account_details()
        assert site.access.zoom(str(PORTAL), ACCOUNT).me()

    def test_doing_it_twice_or_to_nobody_changes_nothing(self, site: Site) -> None:
        connect(site, PORTAL)
        for _ in range(2):
            disconnect_portal(site.access, str(PORTAL))
        disconnect_portal(site.access, "999")
        assert len(site.rows()) == 2


class TestZoom:
    def test_one_account_goes_and_the_other_stays(self, any_site: Site) -> None:
        connect(any_site, PORTAL)
        browser = any_site.browser()
        browser.install_hubspot()
        browser.connect_zoom(OTHER_ACCOUNT, OTHER_HOST)
        disconnect_zoom(any_site.access, str(PORTAL), ACCOUNT)
        assert any_site.links() == {(str(PORTAL), OTHER_ACCOUNT)}
        assert grants_at_zoom(any_site) == 1

    def test_it_is_revoked_only_when_nobody_uses_it(self, any_site: Site) -> None:
        connect(any_site, PORTAL, OTHER_PORTAL)
        disconnect_zoom(any_site.access, str(PORTAL), ACCOUNT)
        assert grants_at_zoom(any_site) == 1
        disconnect_zoom(any_site.access, str(OTHER_PORTAL), ACCOUNT)
        assert grants_at_zoom(any_site) == 0

    def test_an_account_of_others_cannot_be_taken_away(self, site: Site) -> None:
        connect(site, PORTAL)
        disconnect_zoom(site.access, str(OTHER_PORTAL), ACCOUNT)
        assert site.links() == {(str(PORTAL), ACCOUNT)}
