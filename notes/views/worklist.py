from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_safe

from consent.audit import record
from encounters.models import User
from encounters.states import NextStep
from notes.selectors.integrations import troubles_for
from notes.selectors.worklist import OPEN_STEPS, Page, Place, worklist_page


@login_required
@require_safe
def worklist(request: HttpRequest) -> HttpResponse:
    """What waits, grouped by what needs doing. ``?whose=all`` shows colleagues' visits, ``?step=`` one group."""
    user = request.user
    assert isinstance(user, User)
    mine = request.GET.get("whose") != "all"
    step = _step(request.GET.get("step", ""))
    after = Place.from_token(request.GET["after"]) if "after" in request.GET else None
    page = worklist_page(user, mine=mine, step=step, after=after)
    _audit(user, page)
    kept = {key: request.GET.get(key, "") for key in ("whose", "step") if key in request.GET}
    return render(
        request,
        "notes/worklist.html",
        {
            "page": page,
            # Whoever watches over integrations has no visits of their own, or looks at everybody's.
            "troubles": [] if mine and page.groups else troubles_for(user),
            "mine": mine,
            "step": step,
            "steps": [*OPEN_STEPS, NextStep.DONE],
            "later_url": f"?{urlencode({**kept, 'after': page.following})}" if page.following else "",
            "first_url": f"?{urlencode(kept)}" if after else "",
            "whose": "all" if not mine else "mine",
        },
    )


def _step(given: str) -> NextStep | None:
    return NextStep(int(given)) if given.isdigit() and int(given) in NextStep.values else None


def _audit(user: User, page: Page) -> None:
    """One event per practice shown, with the encounters it showed."""
    shown: dict[object, list[str]] = {}
    for group in page.groups:
        for row in group.rows:
            shown.setdefault(row.practice_id, []).append(str(row.pk))
    for practice_id, ids in shown.items():
        record("worklist.viewed", actor=user, practice=practice_id, data={"encounters": ids})  # type: ignore[arg-type]
