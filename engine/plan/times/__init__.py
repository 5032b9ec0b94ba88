"""When things may move: windows and freezes, exact to the second in any time zone."""
