"""What a request passes before it reaches a route."""
