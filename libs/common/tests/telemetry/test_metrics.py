"""What a process tells about itself, read back by Prometheus' own parser."""

from collections.abc import Iterator, Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from fairground_common.ids import new_id
from fairground_common.telemetry import Counter, Gauge, Histogram, exposition, families, metrics

Read = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture
def name() -> Iterator[str]:
    """Yield a name no other test has; what is defined under it is gone afterwards, for the catalogue lists it all."""
    made = f"test_{new_id().hex}"
    yield made
    for defined in [each for each in metrics._FAMILIES if each.startswith(made)]:
        del metrics._FAMILIES[defined]


def read() -> Read:
    """Return every sample that is told now."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(exposition().decode())
        for sample in family.samples
    }


def labelled(**labels: str) -> frozenset[tuple[str, str]]:
    return frozenset(labels.items())


@pytest.mark.parametrize("value", ["plain", 'a "quoted" one', "back\\slash", "two\nlines", "한국어", "a,b={}"])
def test_whatever_a_label_says_is_read_back(name: str, value: str) -> None:
    counter = Counter(f"{name}_total", 'Says "this"\nand \\that.', "of")
    counter.add(value)
    counter.add(value, count=2)
    assert read()[f"{name}_total", labelled(of=value)] == 3


def test_a_counter_without_labels_is_there_before_it_counts(name: str) -> None:
    Counter(f"{name}_total", "Nothing yet.")
    assert read()[f"{name}_total", labelled()] == 0


def test_a_gauge_is_read_when_it_is_asked_for_from_the_last_who_said_so(name: str) -> None:
    gauge, first, second = Gauge(name, "How many."), [1], [1, 2, 3]
    gauge.read(lambda: len(first))
    first.append(2)
    assert read()[name, labelled()] == 2
    gauge.read(lambda: len(second))
    assert read()[name, labelled()] == 3


def test_a_truth_is_told_as_a_number(name: str) -> None:
    Gauge(name, "Whether.").set(True)
    assert read()[name, labelled()] == 1


def test_a_histogram_counts_what_is_at_most_each_bound(name: str) -> None:
    histogram = Histogram(name, "Sizes.", "of", bounds=(1, 10))
    for value in (0.5, 1, 2, 10, 11):
        histogram.observe(value, "x")
    told = read()
    buckets = {bound: told[f"{name}_bucket", labelled(of="x", le=bound)] for bound in ("1", "10", "+Inf")}
    assert buckets == {"1": 2, "10": 4, "+Inf": 5}
    assert told[f"{name}_count", labelled(of="x")] == histogram.count("x") == 5
    assert told[f"{name}_sum", labelled(of="x")] == 24.5


def test_a_name_is_defined_once(name: str) -> None:
    Counter(name, "First.")
    with pytest.raises(AssertionError, match=name):
        Gauge(name, "Second.")


def test_the_process_itself_is_told() -> None:
    told = read()
    assert told["process_cpu_seconds_total", labelled()] > 0
    assert told["process_resident_memory_bytes", labelled()] > 10_000_000
    assert told["process_open_fds", labelled()] > 2


def test_counters_are_named_as_prometheus_names_them() -> None:
    assert [family.name for family in families() if (family.kind == "counter") != family.name.endswith("_total")] == []
