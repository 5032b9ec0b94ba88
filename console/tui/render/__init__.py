"""What screens show, as pure functions: a picture of the engine in, styled lines out. Nothing here
knows Textual's app or widgets, so all of it is tested without a terminal."""
