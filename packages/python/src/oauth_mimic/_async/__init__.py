from ._provider import AsyncProvider as AsyncProvider
from ._provider import AsyncTokenServer as AsyncTokenServer
