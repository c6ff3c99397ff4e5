"""What looking for work costs doesn't grow with the work that is done."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notes.models import EngineEvent, Submission
from notes.services import sweeping

pytestmark = pytest.mark.django_db


@pytest.mark.sqlite  # on a few rows PostgreSQL reads the whole table, whatever the index
def test_the_sweep_reads_unfinished_rows_only_by_index():
    plans = []

    def explained(execute, sql, params, many, context):
        if sql.startswith("SELECT"):
            asked = connection.connection.execute("EXPLAIN QUERY PLAN " + sql.replace("%s", "?"), params)
            plans.append((sql, asked.fetchall()))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explained):
        sweeping.sweep()
    found = [(sql, " ".join(str(row[-1]) for row in plan)) for sql, plan in plans]
    assert len(found) >= 7
    for sql, plan in found:
        assert re.search(r"USING (COVERING )?INDEX (submission_queue|recordings_unsent|inbox_open)", plan), (
            sql,
            plan,
        )


def test_a_sweep_with_nothing_to_do_takes_a_handful_of_queries():
    with CaptureQueriesContext(connection) as queries:
        sweeping.sweep()
    assert len(queries) <= 8
    assert not Submission.objects.exists()
    assert not EngineEvent.objects.exists()
