"""A soak: the deployment as it runs, a steady stream of visits, a fault every few seconds, and what must hold.

    python -m tests.soak --minutes 15 --every 10 [--seed N] [--database postgres://…] [--broker redis://…]

Web, worker and sandbox run as processes of their own on a throw-away folder. Clinicians work at the pages, an EHR
follows the change feed, and whatever can fail does: processes are killed and stopped, the engine leaves or misbehaves,
webhooks come in floods, agreements lapse, patients withdraw. After every fault, and once more when all has settled,
the invariants of `tests/soak/invariants` are checked over a read-only connection.
"""
