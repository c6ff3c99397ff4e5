"""JSON Web Tokens as Vonage uses them: HS256 on its callbacks and for OpenTok projects, RS256 for applications.

Sources: RFC 7515 and 7519; developer.vonage.com/en/video/guides/secure-callbacks, /en/getting-started/concepts/
authentication (JWT), /en/opentok/guides (X-OPENTOK-AUTH).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

_PEM = re.compile(r"-----BEGIN (?:RSA )?PRIVATE KEY-----(.+?)-----END (?:RSA )?PRIVATE KEY-----", re.DOTALL)
_PART = re.compile(r"[A-Za-z0-9_-]+")
_APPLICATION_SECONDS = 15 * 60
_PROJECT_SECONDS = 5 * 60


class UnusableKey(ValueError):
    """What was entered is not an RSA private key."""


def application_token(application_id: str, private_key: str, now: float) -> str:
    """A token for a Vonage application; raises UnusableKey."""
    issued = int(now)
    claims = {"application_id": application_id, "exp": issued + _APPLICATION_SECONDS}
    signed = _signed_part({**_stamp(issued), **claims}, "RS256")
    signature = _private_key(private_key).sign(signed.encode(), PKCS1v15(), SHA256())
    return f"{signed}.{_encoded(signature)}"


def project_token(api_key: str, secret: str, now: float) -> str:
    """A token for an OpenTok project."""
    issued = int(now)
    claims = {"iss": api_key, "ist": "project", "exp": issued + _PROJECT_SECONDS}
    signed = _signed_part({**_stamp(issued), **claims}, "HS256")
    return f"{signed}.{_encoded(_mac(signed, secret))}"


def verified_claims(token: str, secret: str) -> dict[str, Any] | None:
    """The claims of an HS256 token; None where the signature does not hold or anything about it is odd."""
    parts = token.split(".")
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
        return None
    header, claims, signature = (_decoded(part) for part in parts)
    if _object(header).get("alg") != "HS256" or signature is None or not secret:
        return None
    if not hmac.compare_digest(_mac(f"{parts[0]}.{parts[1]}", secret), signature):
        return None
    return _object(claims) or None


def _stamp(issued: int) -> dict[str, Any]:
    return {"iat": issued, "jti": str(uuid4())}


def _signed_part(claims: Mapping[str, Any], algorithm: str) -> str:
    header = {"alg": algorithm, "typ": "JWT"}
    return ".".join(_encoded(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims))


def _mac(signed: str, secret: str) -> bytes:
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()


def _private_key(entered: str) -> RSAPrivateKey:
    """The key of a PEM text, whatever a form has made of its line ends."""
    found = _PEM.search(entered.replace("\\n", "\n"))
    if found is None:
        raise UnusableKey
    try:
        der = base64.b64decode(re.sub(r"\s+", "", found[1]), validate=True)
        key = load_der_private_key(der, password=None)
    except (binascii.Error, ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKey from None
    if not isinstance(key, RSAPrivateKey):
        raise UnusableKey
    return key


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decoded(part: str) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None


def _object(data: bytes | None) -> dict[str, Any]:
    try:
        content = json.loads(data or b"")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
