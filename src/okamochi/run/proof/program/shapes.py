"""What comes in and what goes out, as JSON has it."""

from __future__ import annotations

from typing import Any

Task = dict[str, Any]
Answer = dict[str, Any]
Route = dict[str, Any]
