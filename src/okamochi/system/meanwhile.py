"""Work that goes on in a thread beside other work."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

__all__ = ["beside", "meanwhile"]

T = TypeVar("T")


@contextmanager
def meanwhile(work: Callable[[threading.Event], None]) -> Iterator[None]:
    """As long as it is entered; the event tells `work` that it is over, and is waited for."""
    over = threading.Event()
    thread = threading.Thread(target=work, args=(over,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def beside(work: Callable[[], T]) -> "Iterator[Future[T]]":
    """Both come to their end before anybody goes on; an error of the work counts where what is entered had
    none."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1, "beside") as pool:
        done = pool.submit(work)
        yield done
    done.result()
