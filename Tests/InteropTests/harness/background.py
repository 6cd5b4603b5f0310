"""One asyncio loop in a thread of its own, for the relays, scripted origins and slow readers of the session."""

import asyncio
import threading


class Background:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, name="interop-io", daemon=True).start()

    def run(self, coroutine, timeout=30):
        """Runs a coroutine on the loop and waits for its value."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(timeout)

    def spawn(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)


BACKGROUND = Background()
