"""What the feed's threads post to the application."""

from __future__ import annotations

from textual.message import Message

from console.tui.picture import Picture


class PictureArrived(Message):
    """A new picture; an older one that was not drawn yet is dropped for it."""

    def __init__(self, picture: Picture) -> None:
        super().__init__()
        self.picture = picture

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, PictureArrived)
