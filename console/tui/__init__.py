"""The console: a Textual application that draws the engine's board and sends requests to it. It is
always another process than the engine: a slow repaint delays no rollout, a lost terminal ends none."""
