"""A table on the line API: the head stays, the rows scroll, the cursor keeps to its row's key when rows
come and go around it. Only the rows in sight are ever drawn."""

from __future__ import annotations

from textual import events
from textual.message import Message

from console.tui.render.line import EMPTY, line, pad, restyle, span, spread
from console.tui.render.palette import CURSOR, FAINT, MUTED
from console.tui.render.table import Table
from console.tui.widgets.lines import LineView


class TableView(LineView):
    """Shows a ``Table``."""

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Opened(Message):
        """The row under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = Table(EMPTY, ())
        self.cursor = ""
        self._at = 0
        self._first = 0

    def put(self, table: Table, cursor: str = "") -> None:
        """Shows a new table; the cursor goes to ``cursor`` if it is a row, else stays near."""
        self.table = table
        keys = [row.key for row in table.rows]
        wanted = cursor or self.cursor
        if wanted and wanted in keys:
            self._at = keys.index(wanted)
        else:
            self._at = self._nearest(min(self._at, len(keys) - 1))
        self.cursor = keys[self._at] if 0 <= self._at < len(keys) else ""
        self._draw()

    def move(self, delta: int) -> None:
        """Moves the cursor by rows, over headings, as far as there are any."""
        rows = self.table.rows
        step = 1 if delta > 0 else -1
        at = self._at
        for _ in range(abs(delta)):
            onward = at + step
            while 0 <= onward < len(rows) and not rows[onward].key:
                onward += step
            if not 0 <= onward < len(rows):
                break
            at = onward
        self._go(at)

    def page(self) -> int:
        """How many rows are in sight."""
        return max(1, self.size.height - 1)

    def on_resize(self) -> None:
        """Another number of rows is in sight."""
        self._draw()

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor there; the second of a double one opens, even if the rows have moved."""
        at = self._first + event.y - 1
        if event.y >= 1 and 0 <= at < len(self.table.rows) and self.table.rows[at].key:
            if event.chain == 2:
                self.post_message(self.Opened())
            else:
                self._go(at)

    def on_mouse_scroll_down(self) -> None:
        """The wheel moves the cursor."""
        self.move(3)

    def on_mouse_scroll_up(self) -> None:
        """The wheel moves the cursor."""
        self.move(-3)

    def _go(self, at: int) -> None:
        if 0 <= at < len(self.table.rows) and at != self._at:
            self._at = at
            self.cursor = self.table.rows[at].key
            self._draw()
            self.post_message(self.Moved(self.cursor))

    def _nearest(self, at: int) -> int:
        rows = self.table.rows
        after = [i for i in range(max(0, at), len(rows)) if rows[i].key]
        before = [i for i in range(min(at, len(rows) - 1), -1, -1) if rows[i].key]
        return (after or before or [0])[0]

    def _draw(self) -> None:
        width, page = self.size.width, self.page()
        rows = self.table.rows
        if self._at < self._first + 1:
            self._first = max(0, self._at - 1)  # keeps a heading in sight
        if self._at >= self._first + page:
            self._first = self._at - page + 1
        self._first = max(0, min(self._first, len(rows) - page))
        if not rows:
            self.show([self.table.head, EMPTY, line(span(f"   {self.table.empty}", MUTED))])
            return
        head = self.table.head
        if len(rows) > page:
            last = min(self._first + page, len(rows))
            head = spread(head, line(span(f"  {self._first + 1}–{last} of {len(rows)} ", FAINT)), width)
        shown = [head]
        for at in range(self._first, min(self._first + page, len(rows))):
            row = pad(rows[at].cells, width)
            shown.append(restyle(row, CURSOR) if at == self._at else row)
        self.show(shown)
