"""Bind the listening sockets, and format the URL to show."""

import errno
import socket
from ipaddress import ip_address
from typing import Any

from sumtune.errors import SumtuneError

__all__ = ["BACKLOG", "bind_sockets", "browser_url"]

BACKLOG = 128
"""Most connections that wait to be accepted; asyncio accepts up to this many at once."""
ANY_ADDRESS = {"", "0.0.0.0", "::"}
ADDRESS_ERRNOS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}


def bind_sockets(host: str, port: int) -> list[socket.socket]:
    """Return a bound socket for every address of `host`, IPv4 and IPv6. Port 0 takes any free port.

    Raises:
        SumtuneError: the host is unknown, none of its addresses belongs to this machine, or the port is taken.
    """
    listeners: list[socket.socket] = []
    errors: list[OSError] = []
    try:
        for family, address in _addresses(host, port):
            chosen = listeners[0].getsockname()[1] if listeners else port
            try:
                listeners.append(_bind(family, (address[0], chosen, *address[2:])))
            except OSError as error:
                errors.append(error)
                if error.errno not in ADDRESS_ERRNOS:
                    raise
        if not listeners:
            raise errors[0]
    except (OSError, UnicodeError) as error:
        for listener in listeners:
            listener.close()
        raise _bind_error(host, port, error) from None
    return listeners


def browser_url(host: str, port: int) -> str:
    """Return the URL at which a browser on this machine reaches a service that listens on `host`.

    >>> browser_url("127.0.0.1", 8000), browser_url("::1", 8000), browser_url("192.168.1.5", 80)
    ('http://localhost:8000/', 'http://[::1]:8000/', 'http://192.168.1.5:80/')
    """
    name = host.strip("[]")
    if name == "127.0.0.1" or name in ANY_ADDRESS:
        name = "localhost"
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
    infos = socket.getaddrinfo(host.strip("[]") or "0.0.0.0", port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in infos))


def _bind(family: socket.AddressFamily, address: Any) -> socket.socket:
    """Return one bound socket. `::` also accepts IPv4."""
    both = family == socket.AF_INET6 and ip_address(str(address[0]).partition("%")[0]).is_unspecified
    return socket.create_server(
        address, family=family, backlog=BACKLOG, dualstack_ipv6=both and socket.has_dualstack_ipv6()
    )


def _bind_error(host: str, port: int, error: OSError | UnicodeError) -> SumtuneError:
    unknown = isinstance(error, socket.gaierror | UnicodeError) or error.errno in ADDRESS_ERRNOS
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    place = f"[{host}]:{port}" if ":" in host.strip("[]") and not host.startswith("[") else f"{host}:{port}"
    return SumtuneError(f"Cannot listen on {place} ({reason}): choose another --{'host' if unknown else 'port'}.")
