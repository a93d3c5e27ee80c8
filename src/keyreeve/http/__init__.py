"""The HTTP door: sockets, limits, metrics and the control socket. Nothing below it knows asyncio or a connection."""
