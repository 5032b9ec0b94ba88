"""The engine's face: HTTP with JSON over a Unix socket, its shapes, its server and client."""
