"""The widgets: thin shells that put lines made by ``render`` on the terminal and repaint only what changed."""
