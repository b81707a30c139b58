import pytest
import tiny

from sumtune.data.example import Example
from sumtune.errors import ConfigError
from sumtune.search.division import FEWEST, MOST, divide


def examples(count: int) -> list[Example]:
    return [Example(str(n), file="made up", row=n + 1, **tiny.conversation(n)) for n in range(count)]


@pytest.mark.parametrize("count", [FEWEST, 200, 700])
def test_the_parts_share_no_dialogue_and_lose_none(count: int) -> None:
    given = examples(count)
    division = divide(given + given[:10])
    parts = [{one.fingerprint for one in part} for part in (division.learned, division.judging, division.fresh)]
    assert sum(map(len, parts)) == len(set.union(*parts)) == len({one.fingerprint for one in given})
    for part in (division.judging, division.fresh):
        assert abs(len(part) - min(MOST, 0.2 * (count + 10))) <= 2


def test_a_share_concerns_only_what_trials_learn_from() -> None:
    given = examples(200)
    whole, part = divide(given), divide(given, 0.3)
    assert (part.judging, part.fresh) == (whole.judging, whole.fresh)
    assert {one.id for one in part.learned} < {one.id for one in whole.learned}
    assert abs(len(part.learned) - 0.3 * len(whole.learned)) <= 1


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(ConfigError, match=str(FEWEST)):
        divide(examples(FEWEST - 1))
