from typing import Any

pickle_dir: str

class BaseProfile:
    profile_data: dict[str, Any]
    codePages: dict[str, str]  # noqa: N815 - the library's name
    def supports(self, feature: str) -> bool | None: ...
