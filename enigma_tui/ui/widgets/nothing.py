"""What stands in the table where there are no rows."""

from ..floor import Floor


def nothing_to_show(floor: Floor) -> str:
    """Say why there are no rows; may have several lines."""
    follower = floor.follower
    if follower and follower.link.fault and not floor.board.calls:
        return f"{follower.link.fault.sentence}.\n{follower.link.fault.remedy}"
    if not floor.caught_up:
        return ""
    if floor.view.query.text:
        return "No call matches the filter. esc takes it away."
    return {
        "Live": "No live calls.",
        "To dispose": "Nothing to dispose of.",
    }.get(floor.view.tab.value, "No calls yet.")
