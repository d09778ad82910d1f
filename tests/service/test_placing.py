"""Each count has one policy: one of its own before a fleet's, and of two fleets the first."""

from __future__ import annotations

import pytest

from bridge.policy.model import ScalingPolicy
from bridge.policy.shard import Shard
from bridge.service.placing import Places, placed
from tests.policy.given import policy
from tests.policy.test_members import fleet, index, manifest


def of(*policies: ScalingPolicy, manifests: tuple[str, ...]) -> Places:
    return placed({one.name: one for one in policies}, index(*manifests))


def named(name: str) -> ScalingPolicy:
    """A second fleet."""
    return ScalingPolicy.model_validate(
        {**fleet().model_dump(by_alias=True, exclude_unset=True), "metadata": {"name": name}}
    )


def test_a_fleets_members_are_found_by_their_titles() -> None:
    places = of(fleet(), manifests=(manifest("api"), manifest("web")))
    assert {title: place.path for title, place in places.found.items()} == {
        "fleet: Deployment/shop/api": "0.yaml",
        "fleet: Deployment/shop/web": "1.yaml",
    }
    assert places.governing.keys() == places.found.keys()
    assert (places.problems, places.notes) == ({}, [])


def test_a_policy_of_ones_own_wins_over_a_fleet_whatever_the_names() -> None:
    single = policy("zzz", scaleTargetRef={"name": "web", "namespace": "shop"})
    places = of(fleet(), single, manifests=(manifest("api"), manifest("web", min_replicas="x")))
    assert places.found.keys() == {"zzz", "fleet: Deployment/shop/api"}
    assert (places.problems, places.yielded) == ({}, {"fleet": ["Deployment/shop/web (zzz)"]})
    assert places.notes == [
        "fleet: 1 of its members have a policy of their own, which wins: Deployment/shop/web (zzz)"
    ]


@pytest.mark.parametrize("entry", ["web", "gone"])
@pytest.mark.parametrize("version", [{"apiVersion": "apps/v1"}, {}])
def test_a_policy_of_ones_own_wins_although_its_count_stands_elsewhere(
    entry: str, version: dict[str, str]
) -> None:
    single = policy(
        "zzz",
        scaleTargetRef={"name": "web", "namespace": "shop", **version},
        target={"file": "1.yaml", "kustomizeReplicas": entry},
    )
    kustomization = "resources: [0.yaml]\nreplicas:\n  - {name: web, count: 4}\n"
    places = of(fleet(), single, manifests=(manifest("web"), kustomization))
    assert places.governing.keys() == {"zzz"}
    assert places.yielded == {"fleet": ["Deployment/shop/web (zzz)"]}
    assert {*places.found, *places.problems} == {"zzz"}


def test_two_fleets_on_one_workload_are_a_problem_of_the_second() -> None:
    places = of(named("second"), fleet(), manifests=(manifest("web"),))
    assert places.found.keys() == {"fleet: Deployment/shop/web"}
    assert places.problems == {
        "second: Deployment/shop/web": "0.yaml:8: policy fleet governs this count"
    }


def test_a_problem_of_one_member_leaves_the_others() -> None:
    twice = manifest("twice")
    places = of(fleet(), manifests=(manifest("web"), manifest("bad", paused="?"), twice, twice))
    assert places.found.keys() == {"fleet: Deployment/shop/web"}
    assert places.problems["fleet: Deployment/shop/bad"].startswith("1.yaml:2: scalebridge/paused:")
    assert places.problems["fleet: Deployment/shop/twice"] == (
        "Deployment/shop/twice: stands in several places: 2.yaml:2, 3.yaml:2"
    )


def test_a_fleet_of_nobody_is_a_problem_of_the_fleet() -> None:
    places = of(fleet(), manifests=(manifest("web", "{app: web}"),))
    assert places.problems == {
        "fleet": "spec.scaleTargetSelector: no Deployment below search_paths has the labels "
        "scale: by-load"
    }


def test_many_notes_are_cut_short() -> None:
    names = [f"web-{number}" for number in range(5)]
    singles = [policy(name) for name in names]
    places = of(fleet(), *singles, manifests=tuple(map(manifest, names)))
    assert places.notes[0].endswith("Deployment/shop/web-2 (web-2) and 2 more")


def test_shards_part_the_targets_and_agree_on_who_governs() -> None:
    names = [f"web-{number}" for number in range(20)]
    single = policy("zzz", scaleTargetRef={"name": "web-3", "namespace": "shop"})
    whole = of(fleet(), single, manifests=tuple(manifest(name) for name in names))
    parts = [whole.of_shard(Shard(index, 3)) for index in (1, 2, 3)]
    for part in parts:
        assert 3 <= len(part.found) <= 10
        assert part.whole == whole
        assert part.yielded == whole.yielded
        assert part.governing.keys() == part.found.keys()
    titles = [title for part in parts for title in part.found]
    assert sorted(titles) == sorted(whole.found)
    assert whole.of_shard(Shard(1, 1)) == whole
