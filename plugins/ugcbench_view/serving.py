"""How is a view served, its clips read only when somebody looks at them?"""

from __future__ import annotations

import mimetypes
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from ugcbench_view.clips import find_showing
from ugcbench_view.compiling import View
from ugcbench_view.developing import media_name
from ugcbench_view.gallery import Gallery
from ugcbench_view.writing import compose_script


class Pages:
    """The pages of a view whose data were written to `folder`; to be put behind a guard."""

    def __init__(self, view: View, folder: Path) -> None:
        self.view, self.folder = view, folder
        self.gallery = Gallery(view)

    def build(self) -> Starlette:
        """The application."""
        return Starlette(
            routes=[
                Route("/data/clip/{place:int}.js", self.clip),
                Route("/frames/{place:int}-{number:int}.webp", self.sheet),
                Route("/media/{name}", self.media),
                Mount("/", StaticFiles(directory=self.folder, html=True)),
            ]
        )

    async def clip(self, request: Request) -> Response:
        """What can be seen and heard of a clip."""
        place = self.find(request)
        developed = await self.gallery.find(place)
        script = compose_script(f"clip/{place}", developed.media)
        return Response(script, media_type="text/javascript")

    async def sheet(self, request: Request) -> Response:
        """A sheet of frames."""
        place, number = self.find(request), request.path_params["number"]
        sheet = (await self.gallery.find(place)).sheets.get(f"{place}-{number}.webp")
        if sheet is None:
            raise HTTPException(404)
        return Response(sheet, media_type="image/webp")

    async def media(self, request: Request) -> Response:
        """The clip itself, in the ranges that the browser asks for."""
        name = request.path_params["name"]
        stem = name.partition(".")[0]
        if not (stem.isdecimal() and stem.isascii() and len(stem) < len(str(1 << 31))):
            raise HTTPException(404)
        place = int(stem)
        if place >= len(self.view.catalogue.clips):
            raise HTTPException(404)
        showing = find_showing(self.view, place)
        kind = mimetypes.guess_type(name)[0] or ""
        if showing.path is None or name != media_name(showing) or not showing.path.is_file():
            raise HTTPException(404)
        if not kind.startswith(("video/", "audio/")):
            raise HTTPException(404)
        return FileResponse(showing.path, media_type=kind)

    def find(self, request: Request) -> int:
        """The place of the clip that is asked for."""
        place: int = request.path_params["place"]
        if place >= len(self.view.catalogue.clips):
            raise HTTPException(404)
        return place
