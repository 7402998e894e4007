import os
import socket

import pytest
from tests.recorded_runner import RecordedRunner, answer

from okamochi.errors import EngineError
from okamochi.run.ports import choose_port, is_free, port_holder

NO_ENGINES = RecordedRunner({})


def taken() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def test_a_default_port_that_is_taken_moves_to_the_next_free_one() -> None:
    with taken() as listener:
        port = listener.getsockname()[1]
        chosen = choose_port(port, explicit=False, runner=NO_ENGINES)
    assert chosen > port
    assert is_free(chosen)


def test_an_explicit_port_that_is_taken_is_an_error_naming_the_process() -> None:
    with taken() as listener:
        port = listener.getsockname()[1]
        with pytest.raises(EngineError, match=rf"port {port} is taken by .+ \(process {os.getpid()}\)"):
            choose_port(port, explicit=True, runner=NO_ENGINES)


def test_a_free_port_is_taken_as_it_is() -> None:
    with taken() as listener:
        port = listener.getsockname()[1]
    assert choose_port(port, explicit=True, runner=NO_ENGINES) == port


def test_a_container_that_publishes_the_port_is_named() -> None:
    listing = "shop\t127.0.0.1:9->8000/tcp\ndb\t5432/tcp\n"
    runner = RecordedRunner({("docker", "ps"): answer(listing)})
    assert port_holder(9, runner) == "container shop (docker)"


def test_nobody_known_is_no_answer() -> None:
    assert port_holder(9, NO_ENGINES) == ""
