"""How does the server answer the reviewer's browser?"""

from __future__ import annotations

import hmac
import mimetypes
import secrets
from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jinja2
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ugcbench.pages import HOUSE
from ugcbench_curate.reviewing.batches import Revision, Seat
from ugcbench_curate.reviewing.decisions import to_mark
from ugcbench_curate.reviewing.events import Role
from ugcbench_curate.reviewing.pages.forms import Draft, read_drafts
from ugcbench_curate.reviewing.pages.views import (
    entitle,
    find_next,
    list_batches,
    list_withheld,
    show_annotation,
    summarize,
)
from ugcbench_curate.reviewing.procedure import Desk, ReviewError

HERE = Path(__file__).parent
FORM_BYTES = 256 * 1024
"""How long a form may be; three notes of 4,000 characters, escaped, are shorter."""

Endpoint = Callable[[Request], Awaitable[Response]]


class Pages:
    """The pages of one person, who reviews or arbitrates at a desk.

    Ledger and pages share one thread: what one request sees, no other one changes meanwhile.
    `media` is the folder of the clips.
    """

    def __init__(self, desk: Desk, person: str, role: Role, media: Path) -> None:
        self.desk, self.person, self.role, self.media = desk, person, role, media
        self.token = secrets.token_urlsafe(32)
        self.templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def build(self) -> Starlette:
        """The application, to be put behind a guard."""
        here = "/batches/{batch:int}.{revision:int}"
        routes = [
            Route("/", self.home),
            Route("/batches/{batch:int}/claim", self.checked(self.claim), methods=["POST"]),
            Route(here, self.enter),
            Route(f"{here}/undo", self.checked(self.undo), methods=["POST"]),
            Route(f"{here}/hand-in", self.look_back),
            Route(f"{here}/hand-in", self.checked(self.hand_in), methods=["POST"]),
            Route(f"{here}/{{place:int}}", self.show),
            Route(f"{here}/{{place:int}}", self.checked(self.mark), methods=["POST"]),
            Route(f"{here}/{{place:int}}/clip", self.clip),
            Mount("/house", StaticFiles(directory=HOUSE)),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ]
        told = {ReviewError: self.refuse, HTTPException: self.refuse}
        return Starlette(routes=routes, exception_handlers=told)

    async def home(self, request: Request) -> Response:
        """The batches, and what can be done about each."""
        rows = list_batches(self.desk, self.person, self.role)
        withheld = list_withheld(self.desk, self.person) if self.role == "arbiter" else ()
        handed_in = request.query_params.get("handed-in")
        return self.render("home.html", rows=rows, withheld=withheld, handed_in=handed_in)

    async def claim(self, request: Request) -> Response:
        """Take a seat, and begin."""
        revision = self.desk.claim(self.person, request.path_params["batch"], self.role)
        return _go(f"/batches/{revision.name}")

    async def enter(self, request: Request) -> Response:
        """Go to the first annotation that isn't marked yet."""
        revision, seat = self.find(request)
        return _go(_next(revision, seat))

    async def show(self, request: Request) -> Response:
        """An annotation beside its clip."""
        revision, seat = self.find(request)
        page = show_annotation(revision, seat, _place(request, revision, seat))
        undone = "undone" in request.query_params
        return self.render("annotation.html", page=page, undone=undone)

    async def mark(self, request: Request) -> Response:
        """Record the marks of a form, or give it back with what is wrong."""
        revision, seat = self.find(request)
        place = _place(request, revision, seat)
        name, components = list(to_mark(revision, seat).items())[place - 1]
        drafts = read_drafts(request.state.form, components)
        marks = {
            component: mark for component, draft in drafts.items() if (mark := draft.to_mark())
        }
        if len(marks) < len(drafts):
            return self.give_back(revision, seat, place, drafts)
        self.desk.mark(self.person, revision.batch, revision.number, name, marks)
        return _go(_next(revision, seat, place))

    async def undo(self, request: Request) -> Response:
        """Take the last mark back, and go there."""
        revision, seat = self.find(request)
        name = self.desk.undo(self.person, revision.batch, revision.number)
        place = list(to_mark(revision, seat)).index(name) + 1
        return _go(f"/batches/{revision.name}/{place}?undone")

    async def look_back(self, request: Request) -> Response:
        """All marks of the batch, before they are handed in."""
        revision, seat = self.find(request)
        rows = summarize(revision, seat)
        missing = find_next(revision, seat)
        return self.render(
            "hand_in.html",
            name=revision.name,
            title=entitle(revision),
            rows=rows,
            missing=missing,
            undo=bool(seat.log),
        )

    async def hand_in(self, request: Request) -> Response:
        """Stand by one's marks."""
        revision, _ = self.find(request)
        self.desk.hand_in(self.person, revision.batch, revision.number)
        return _go(f"/?handed-in={revision.name}")

    async def clip(self, request: Request) -> Response:
        """The clip, in the ranges that the browser asks for."""
        revision, seat = self.find(request)
        name = list(to_mark(revision, seat))[_place(request, revision, seat) - 1]
        path = self.media / revision.annotations[name].media
        kind = mimetypes.guess_type(path.name)[0] or ""
        if not path.is_file():
            raise HTTPException(404, f"There is no clip at {path}.")
        if not kind.startswith(("video/", "audio/")):
            raise HTTPException(415, f"{path.name} is neither video nor sound by its name.")
        return FileResponse(path, media_type=kind)

    async def refuse(self, request: Request, error: Exception) -> Response:
        """Say what is wrong, and where to go on."""
        status, told = 409, str(error)
        if isinstance(error, HTTPException):
            status, told = error.status_code, error.detail
        return self.render("refusal.html", status=status, told=told)

    def give_back(
        self, revision: Revision, seat: Seat, place: int, drafts: dict[Any, Draft]
    ) -> Response:
        """The form as it was filled in, with what is wrong."""
        page = show_annotation(revision, seat, place, drafts)
        return self.render("annotation.html", page=page, undone=False, status=422)

    def find(self, request: Request) -> tuple[Revision, Seat]:
        """The revision of the address, and the person's seat there."""
        revisions = self.desk.review().batches.get(request.path_params["batch"], [])
        number = request.path_params["revision"]
        seat = None
        if 1 <= number <= len(revisions):
            seat = revisions[number - 1].seats.get(self.person)
        if seat is None:
            raise HTTPException(404, "You have no seat at this batch.")
        if seat.handed_in:
            raise HTTPException(409, "You have handed this batch in: its marks are fixed.")
        return revisions[number - 1], seat

    def checked(self, endpoint: Endpoint) -> Endpoint:
        """An endpoint that is reached only by the forms of these pages; they are in `state`."""

        @wraps(endpoint)
        async def answer(request: Request) -> Response:
            request.state.form = await _read_form(request)
            if not hmac.compare_digest("".join(request.state.form.get("token", [])), self.token):
                raise HTTPException(403, "This form is not of this server; load the page again.")
            return await endpoint(request)

        return answer

    def render(self, template: str, *, status: int = 200, **shown: object) -> HTMLResponse:
        """A page of a template."""
        page = self.templates.get_template(template)
        me = {"person": self.person, "role": self.role, "token": self.token}
        text = page.render(**me, status=status, **shown)
        return HTMLResponse(text, status)


async def _read_form(request: Request) -> dict[str, list[str]]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            raise HTTPException(413, "This form is too long.")
    try:
        return parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=100)
    except ValueError:
        raise HTTPException(400, "This form can't be read.") from None


def _place(request: Request, revision: Revision, seat: Seat) -> int:
    place: int = request.path_params["place"]
    if not 1 <= place <= len(to_mark(revision, seat)):
        raise HTTPException(404, f"Batch {revision.name} has no annotation {place}.")
    return place


def _next(revision: Revision, seat: Seat, after: int = 0) -> str:
    place = find_next(revision, seat, after)
    return f"/batches/{revision.name}/{'hand-in' if place is None else place}"


def _go(to: str) -> RedirectResponse:
    return RedirectResponse(to, 303)
