"""Settings, environment, URLs and the technical floor that every app stands on."""

import sys

# SQLite before 3.51.3 can corrupt a WAL database that several processes write (sqlite.org/changes.html);
# the wheel carries a fixed one. Must run before Django loads its SQLite backend.
try:
    import pysqlite3
except ImportError:
    pass
else:
    sys.modules["sqlite3"] = pysqlite3
