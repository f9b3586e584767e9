"""Session timers: how an end learns that the other is gone for good. RFC 4028."""

from dataclasses import dataclass

from sipmessage import Request, Response

from .messages import new_response, number

LEAST_SECONDS = 90
"""The shortest interval that there is, RFC 4028 section 5."""


def too_brief(request: Request, tag: str) -> Response | None:
    """Return the 422 that an INVITE or an UPDATE gets whose interval is too small, if it is.

    `tag` is ours, of its To.
    """
    said = (request.headers.get("Session-Expires") or "").partition(";")[0]
    if not 0 < number(said) < LEAST_SECONDS:
        return None
    response = new_response(request, 422, tag=tag)
    response.headers.set("Min-SE", str(LEAST_SECONDS))
    return response


@dataclass(slots=True)
class SessionTimer:
    """Of one call: who refreshes, and by when."""

    interval: int = 0
    """Seconds; zero where the session has no timer."""
    ours: bool = False
    """Whether we are to refresh."""
    due: float | None = None
    """When to refresh, or, where the other end is to, when to take it for gone."""

    def agree(self, request: Request, response: Response, now: float) -> None:
        """Answer what an INVITE or an UPDATE says of timers, in its 2xx.

        Where the choice is ours the caller refreshes: the PBX is nearer to what it wants to know.
        """
        said = request.headers.get("Session-Expires") or ""
        seconds, _, parameters = said.partition(";")
        if "timer" not in [each.lower() for each in request.supported] or not number(seconds):
            self.interval, self.due = 0, None
            return
        self.interval = number(seconds)
        self.ours = "refresher=uas" in parameters.replace(" ", "").lower()
        refresher = "uas" if self.ours else "uac"
        response.headers.set("Session-Expires", f"{self.interval};refresher={refresher}")
        response.require = ["timer"]
        self.refreshed(now)

    def told(self, response: Response, now: float) -> None:
        """Take over what a 2xx to a request of ours says: RFC 4028 section 7.2."""
        seconds, _, parameters = (response.headers.get("Session-Expires") or "").partition(";")
        self.interval = number(seconds)
        self.ours = "refresher=uas" not in parameters.replace(" ", "").lower()
        self.due = None
        self.refreshed(now)

    def failed(self, now: float) -> None:
        """Try again, sooner, where a refresh of ours was not taken."""
        if self.interval and self.ours:
            self.due = now + self.interval / 8

    def ask(self, request: Request) -> None:
        """Say in a request of ours what has been agreed upon."""
        request.supported = ["timer"]
        if self.interval:
            # The roles are of the transaction: in our request we are the uac.
            refresher = "uac" if self.ours else "uas"
            request.headers.set("Session-Expires", f"{self.interval};refresher={refresher}")

    def refreshed(self, now: float) -> None:
        """Begin to count anew."""
        if self.interval:
            late = self.interval - min(32, self.interval / 3)
            self.due = now + (self.interval / 2 if self.ours else late)
