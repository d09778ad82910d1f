"""`schema`: JSON schemas for editors."""

from __future__ import annotations

import json
from typing import Literal

from bridge.policy.model import ScalingPolicy
from bridge.settings.configuration import Settings

_DIALECT = {"$schema": "https://json-schema.org/draft/2020-12/schema"}


def json_schema(of: Literal["policy", "config"]) -> str:
    """The schema of a policy file or of the configuration."""
    model = Settings if of == "config" else ScalingPolicy
    described = {**_DIALECT, **model.model_json_schema(by_alias=True)}
    return json.dumps(described, indent=2, ensure_ascii=False)
