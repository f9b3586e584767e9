"""What stands in the table where there are no rows."""

from ...model.tabs import Tab
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
    if floor.view.tab is Tab.ABANDONED and not floor.board.policy.cdr_sources:
        return (
            "Nobody knows of abandoned calls here: only call records tell of them.\n"
            "Once nothing else reads their list, have them collected: set collect_cdr with\n"
            "enigma-tui site edit."
        )
    return _NOTHING[floor.view.tab]


_NOTHING = {
    Tab.LIVE: "No live calls.",
    Tab.TO_DISPOSE: "Nothing to dispose of.",
    Tab.ABANDONED: "No abandoned calls.",
    Tab.MINE: "You have neither claimed a call nor recorded an outcome.",
    Tab.ALL: "No calls yet.",
}
