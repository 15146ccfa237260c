# What the project uses of pyserial 3.5, which has no types of its own.

from typing import Self

PARITY_NONE: str
PARITY_EVEN: str
PARITY_ODD: str

class SerialException(OSError): ...  # noqa: N818 - the library named it
class SerialTimeoutException(SerialException): ...

class Serial:
    timeout: float | None
    write_timeout: float | None
    exclusive: bool | None
    is_open: bool
    def __init__(
        self,
        port: str | None = ...,
        baudrate: int = ...,
        bytesize: int = ...,
        parity: str = ...,
        stopbits: float = ...,
        timeout: float | None = ...,
        xonxoff: bool = ...,
        rtscts: bool = ...,
        write_timeout: float | None = ...,
        dsrdtr: bool = ...,
        inter_byte_timeout: float | None = ...,
        exclusive: bool | None = ...,
    ) -> None: ...
    @property
    def in_waiting(self) -> int: ...
    @property
    def out_waiting(self) -> int: ...
    def open(self) -> None: ...
    def read(self, size: int = ...) -> bytes: ...
    def write(self, data: bytes) -> int | None: ...
    def cancel_read(self) -> None: ...
    def reset_output_buffer(self) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *reason: object) -> None: ...
