"""An undo says which calls it left alone, because another system has been told of them."""

from tests.ui.hands import Eventually, Opened, outcome, toasts, type_keys


async def test_what_of_a_bulk_has_been_delivered_stands_and_is_named(
    opened: Opened, eventually: Eventually
) -> None:
    async with opened() as (app, pilot):
        await type_keys(app, pilot, "space", "space", "space")
        marked = sorted(app.board.table.marked)
        await type_keys(app, pilot, "D", "s")
        await eventually(lambda: all(outcome(app, key) for key in marked))
        await eventually(lambda: "spam recorded for 3 of 3 calls" in toasts(app))
        told = marked[0]
        done = outcome(app, told)
        assert done is not None
        await app.startup.connection.quick.hset(
            app.journal_keys.call(told), mapping={"sent_act": done.act, "sent_to": "crm"}
        )
        await type_keys(app, pilot, "u")
        await eventually(lambda: "2 of 3 dispositions are taken back" in toasts(app))
        stands = "spam has been delivered to crm, or is on its way. a amends."
        assert f"1 not taken back ({told.call_ref}): {stands}" in toasts(app)
        await eventually(lambda: not any(outcome(app, key) for key in marked[1:]))
        assert outcome(app, told)
