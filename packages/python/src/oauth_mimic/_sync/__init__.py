from ._provider import Provider as Provider
from ._provider import TokenServer as TokenServer
