"""The API's own page: every operation on it, nothing from elsewhere, nothing that the policy refuses."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.checks import assert_policy_kept


@pytest.mark.usefixtures("transactional_db")
def test_the_documentation_lists_every_operation_within_the_policy(page: Page) -> None:
    answer = page.goto("/api/docs/")
    assert answer
    assert answer.status == 200
    for address in ("/api/v1/notes", "/api/v1/notes/{note_id}", "/api/v1/notes/{note_id}/transcript"):
        expect(page.locator(f'[data-path="{address}"]')).to_have_count(1)
    page.locator('[data-path="/api/v1/notes"]').click()
    expect(page.get_by_text("limit", exact=True).first).to_be_visible()
    assert_policy_kept(page)
