"""`/sandbox/faults`: list, arm and take back faults, with the admin token."""

from __future__ import annotations

from urllib.parse import parse_qs

from notes.soapnoteapi.sandbox.access import Access
from notes.soapnoteapi.sandbox.engine import Engine
from notes.soapnoteapi.sandbox.errors import invalid
from notes.soapnoteapi.sandbox.faults.catalogue import CATALOGUE
from notes.soapnoteapi.sandbox.faults.orders import BadOrder, read_order
from notes.soapnoteapi.sandbox.requests import Request, Response, answer


class FaultCalls:
    def __init__(self, engine: Engine, access: Access) -> None:
        self._armory, self._access = engine.faults.armory, access

    def listing(self, request: Request, _: str) -> Response:
        """What is armed, what struck, and every fault there is with its parameters."""
        self._access.require_admin(request)
        catalogue = [fault.described() for fault in CATALOGUE.values()]
        return answer({**self._armory.listing(), "catalogue": catalogue})

    def arm(self, request: Request, _: str) -> Response:
        """Arm one fault: `{"fault", its parameters, "times", "match": {"endpoint", "account"}}`; 201 with its id."""
        self._access.require_admin(request)
        try:
            order = read_order(request.json())
        except BadOrder as wrong:
            raise invalid((wrong.field, str(wrong))) from wrong
        return answer({"id": self._armory.arm(order), "fault": order.fault.name}, 201)

    def disarm(self, request: Request, _: str) -> Response:
        """Take back the fault of `?id=`, or all of them."""
        self._access.require_admin(request)
        query = parse_qs(str(request.environ.get("QUERY_STRING", "")))
        given = query.get("id", [""])[0]
        if given and not given.isdecimal():
            raise invalid(("id", "id must be the number of an armed fault"))
        return answer({"disarmed": self._armory.disarm(int(given) if given else None)})
