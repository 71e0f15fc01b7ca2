"""The HTTP client for code that runs in an event loop: the same client, each request in a thread of its own."""

from __future__ import annotations

import asyncio
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from stackpin.ports import HttpClient, Reply

__all__ = ["ThreadedHttp"]


class ThreadedHttp:
    """The :class:`stackpin.ports.AsyncHttpClient` over a client that blocks.

    At most ``count`` requests run at once. Their threads never keep the process alive, so that Ctrl-C ends at once.
    (``asyncio.to_thread`` waits for its threads when the interpreter ends, as ``concurrent.futures`` does.)
    """

    def __init__(self, http: HttpClient, count: int) -> None:
        self._http = http
        self._free = asyncio.Semaphore(count)

    async def get(self, url: str, *, headers: Mapping[str, str] | None = None, limit: int) -> Reply:
        """See :meth:`stackpin.ports.AsyncHttpClient.get`.

        :raises IndexFailed: as the client below raises it.
        """
        loop = asyncio.get_running_loop()
        async with self._free:
            answer: asyncio.Future[Reply] = loop.create_future()

            def settle(reply: Reply | None, error: BaseException | None) -> None:
                """Hand the outcome over, in the loop's own thread."""
                if answer.done():  # nobody waits any more
                    return
                if reply is not None:
                    answer.set_result(reply)
                elif error is not None:
                    answer.set_exception(error)

            def work() -> None:
                """Ask, in a thread of its own."""
                reply, failure = None, None
                try:
                    reply = self._http.get(url, headers=headers, limit=limit)
                except BaseException as error:  # noqa: BLE001 - handed to whoever waits, whatever it is
                    failure = error
                if not loop.is_closed():
                    loop.call_soon_threadsafe(settle, reply, failure)

            Thread(target=work, daemon=True).start()
            return await answer
