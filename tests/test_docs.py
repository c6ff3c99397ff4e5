"""What README and .env.example say about configuration and commands is what there is."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
READERS = {"text", "flag", "number", "words", "database", "email"}
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")


def names_read() -> set[str]:
    """Every name that a call of one of config/env.py's readers asks for."""
    found: set[str] = set()
    for app in ("config", "consent", "encounters", "notes"):
        for path in (ROOT / app).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and _reads_the_environment(node):
                    name = node.args[0]
                    found |= {str(name.value)} if isinstance(name, ast.Constant) else set()
    return found


def _reads_the_environment(call: ast.Call) -> bool:
    reader = call.func
    return (
        isinstance(reader, ast.Attribute)
        and reader.attr in READERS
        and isinstance(reader.value, ast.Name)
        and reader.value.id == "env"
        and bool(call.args)
    )


def test_env_example_names_exactly_what_is_read() -> None:
    assert set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.M)) == names_read()


def test_readme_explains_exactly_what_is_read() -> None:
    table = README.split("## Configuration")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(re.findall(r"`([A-Z_]+)`", " ".join(cells))) == names_read()


def test_every_command_that_readme_names_exists() -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert {"demo", "worker", "rotate_keys", "verify_webhook_signature"} <= named
    assert named <= set(get_commands())


def test_every_make_target_that_readme_names_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    assert set(re.findall(r"`?make ([a-z]+)", README)) <= targets
