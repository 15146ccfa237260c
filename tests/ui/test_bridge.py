import threading
from concurrent.futures import Future

from PySide6.QtCore import QCoreApplication, QThread
from pytestqt.qtbot import QtBot

from ui.bridge import Bridge


def nothing() -> None:
    """No thread needs closing."""


def test_that_results_arrive_on_the_screens_thread(qtbot: QtBot) -> None:
    bridge = Bridge(nothing)
    seen: list[tuple[str, bool]] = []
    home = QThread.currentThread()
    bridge.run(
        lambda: threading.current_thread().name,
        lambda future: seen.append((future.result(), QThread.currentThread() is home)),
    )
    qtbot.waitUntil(lambda: bool(seen))
    ((worker, is_home),) = seen
    assert worker.startswith("screen")
    assert is_home
    bridge.close()


def test_that_an_error_is_handed_over_too(qtbot: QtBot) -> None:
    bridge = Bridge(nothing)
    errors: list[BaseException | None] = []
    bridge.run(lambda: 1 // 0, lambda future: errors.append(future.exception()))
    qtbot.waitUntil(lambda: bool(errors))
    assert isinstance(errors[0], ZeroDivisionError)
    bridge.close()


def test_that_what_is_done_already_is_handed_over_later_all_the_same(qtbot: QtBot) -> None:
    bridge = Bridge(nothing)
    future: Future[int] = Future()
    future.set_result(7)
    seen: list[int] = []
    bridge.watch(future, lambda done: seen.append(done.result()))
    assert seen == []
    qtbot.waitUntil(lambda: seen == [7])
    bridge.close()


def test_that_a_closed_bridge_hands_nothing_over(qtbot: QtBot) -> None:
    ended: list[str] = []
    bridge = Bridge(lambda: ended.append(threading.current_thread().name))
    seen: list[int] = []
    done: Future[int] = Future()
    done.set_result(3)
    bridge.watch(done, lambda done: seen.append(done.result()))
    late: Future[int] = Future()
    bridge.watch(late, lambda done: seen.append(done.result()))
    bridge.run(lambda: 1, lambda done: seen.append(done.result()))
    bridge.close()
    late.set_result(2)
    QCoreApplication.processEvents()
    assert seen == []
    assert len(ended) == 1
    assert ended[0].startswith("screen")


def test_that_codes_from_a_devices_thread_arrive_on_the_screens(qtbot: QtBot) -> None:
    bridge = Bridge(nothing)
    with qtbot.waitSignal(bridge.code_scanned) as scanned:
        thread = threading.Thread(target=bridge.code_scanned.emit, args=("590",))
        thread.start()
    thread.join()
    assert scanned.args == ["590"]
    bridge.close()
