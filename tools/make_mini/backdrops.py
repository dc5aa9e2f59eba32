"""Which painter belongs to the name of a backdrop?"""

from __future__ import annotations

from collections.abc import Callable

from tools.make_mini import indoors, outdoors
from tools.make_mini.pen import Pen

BACKDROPS: dict[str, Callable[[Pen], None]] = {
    "park": outdoors.draw_park,
    "night house": outdoors.draw_night_house,
    "brick wall": outdoors.draw_brick_wall,
    "city street": outdoors.draw_city_street,
    "meadow track": outdoors.draw_meadow_track,
    "tunnel": outdoors.draw_tunnel,
    "seaside": outdoors.draw_seaside,
    "cafe front": outdoors.draw_cafe_front,
    "fire street": outdoors.draw_fire_street,
    "kitchen": indoors.draw_kitchen,
    "tool shop": indoors.draw_tool_shop,
    "office in the morning": indoors.draw_office_morning,
    "office at night": indoors.draw_office_night,
    "sunny studio": indoors.draw_sunny_studio,
    "rainy studio": indoors.draw_rainy_studio,
    "cafe inside": indoors.draw_cafe_inside,
    "party room": indoors.draw_party_room,
    "red card": indoors.paint_card("red"),
    "blue card": indoors.paint_card("blue"),
    "green card": indoors.paint_card("green"),
}
