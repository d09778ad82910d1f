"""What all parts of a policy file have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Name = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[^\s/\x00-\x1f]+$")]


class Part(BaseModel):
    """A part of the policy file: camelCase fields, unknown ones are errors."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )
