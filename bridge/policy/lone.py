"""One member of a fleet by its name alone, without a state repo to look it up in."""

from __future__ import annotations

from pydantic import ValidationError

from bridge.errors import ConfigInvalid, PolicyInvalid
from bridge.policy.model import ScaleTargetRef, ScalingPolicy


def alone(policy: ScalingPolicy, member: str | None) -> ScalingPolicy:
    """The policy of the member that `--member NAMESPACE/NAME` names; any other as it is.

    The member's annotations are in its manifest, and so aren't known here.

    Raises:
        PolicyInvalid: it is a fleet and nobody says which member; or it is none.
        ConfigInvalid: this is no name.
    """
    selector = policy.spec.scale_target_selector
    if selector is None:
        target = policy.target
        if member in {None, target.name, f"{target.namespace}/{target.name}", str(target)}:
            return policy
        raise PolicyInvalid(f"{policy.name}: no fleet: --member {member} is not its target")
    if member is None:
        raise PolicyInvalid(
            f"{policy.name}: spec.scaleTargetSelector: a fleet: say which of its members by "
            "--member NAMESPACE/NAME"
        )
    *namespace, name = member.removeprefix(f"{selector.kind}/").split("/", 1)
    try:
        ref = ScaleTargetRef(
            kind=selector.kind, name=name, namespace=namespace[0] if namespace else None
        )
    except ValidationError as error:
        raise ConfigInvalid(f"--member {member}: expected NAMESPACE/NAME") from error
    spec = policy.spec.model_copy(update={"scale_target_ref": ref})
    return policy.model_copy(update={"spec": spec})
