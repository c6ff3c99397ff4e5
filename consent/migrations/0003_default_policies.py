from __future__ import annotations

import datetime as dt

from django.db import migrations

ENGLISH = (
    "With your permission this visit is recorded. A computer service turns the recording into a draft of your visit "
    "note, and I read, correct and sign the note before it goes into your chart. The recording is used for that and "
    "then deleted. You may say no, and you may change your mind at any time; your care stays the same. "
    "May we record this visit?"
)
SPANISH = (
    "Con su permiso, esta visita se graba. Un servicio informático convierte la grabación en un borrador de la nota "
    "de su visita, y yo leo, corrijo y firmo la nota antes de que pase a su expediente. La grabación se usa solo para "
    "eso y después se borra. Usted puede decir que no, y puede cambiar de opinión en cualquier momento; su atención "
    "será la misma. ¿Nos permite grabar esta visita?"
)


def add(apps, schema_editor):
    policy = apps.get_model("consent", "ConsentPolicy")
    for language, script in (("en", ENGLISH), ("es", SPANISH)):
        policy.objects.get_or_create(
            jurisdiction="US",
            visit_kind="any",
            language=language,
            effective_from=dt.date(2026, 1, 1),
            defaults={
                "parties": "all",
                "method": "verbal",
                "script": script,
                "script_version": "2026-1",
                "source": "The strictest rule, used where no state rule is on file. Review it with counsel; this is not legal advice.",
                "last_reviewed": dt.date(2026, 11, 22),
            },
        )


class Migration(migrations.Migration):
    dependencies = [("consent", "0002_initial")]
    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
