"""Keys typed faster than a dialog or line opens. Textual hands a key to whatever has the focus when
it arrives, so what is typed in the same breath as the opening key would act on the screen below
(``/ledger`` would open the log and then the deploy dialog). Here it goes to what was opened.
"""

from __future__ import annotations

import time

from textual import events
from textual.app import App


class TypeAhead(App[int]):
    """An app whose dialogs and lines get what was typed ahead of them."""

    opened_at = 0.0  # on the clock that stamps events

    def opened(self) -> None:
        """Something with the focus has come up: keys older than this moment are meant for it."""
        self.opened_at = time.monotonic()

    def on_key(self, event: events.Key) -> None:
        """A key that no widget took, before the app looks for a binding."""
        if event.time >= self.opened_at or self.focused is None:
            return
        from textual.widgets import Input  # not needed for the first frame

        if isinstance(self.focused, Input):
            event.prevent_default()
            event.stop()
            self.focused._forward_event(events.Key(event.key, event.character))  # as the app does with new keys
