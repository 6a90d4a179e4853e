"""Diagnoses that compete: the strongest stands, what explains more folds what explains less, nothing is lost."""

from hypothesis import given
from hypothesis import strategies as st

from heal_kit import Make, file_fault
from trendctl.selfheal.analyst import LEAST, analyse, settle
from trendctl.selfheal.health import Round
from trendctl.selfheal.values import Diagnosis, Fault, Look, Sign

A, B, C = ("check.a", ""), ("check.b", ""), ("check.c", "x")


def said(fault: str, weight: float, *explains: tuple[str, str], subject: str = "") -> Diagnosis:
    return Diagnosis(fault, subject, f"{fault} is the cause", (), frozenset(explains), weight)


def fault(*diagnoses: Diagnosis) -> Fault:
    return Fault(diagnoses[0].fault, "", lambda look: diagnoses)


def look(make: Make, *keys: tuple[str, str]) -> Look:
    signs = tuple(Sign(kind, subject, "", 1) for kind, subject in keys)
    return Look(make().ward.eyes(), Round((), True), signs)


def test_the_heavier_of_two_that_explain_the_same_stands_and_the_other_is_an_alternative(make: Make) -> None:
    done = analyse((fault(said("one", 0.6, A)), fault(said("two", 0.8, A))), look(make, A))
    assert [(f.diagnosis.fault, [o.fault for o in f.alternatives], f.unclear) for f in done.found] == [
        ("two", ["one"], False)
    ]
    assert done.unexplained == ()


def test_one_that_explains_another_folds_it_although_it_weighs_a_little_less(make: Make) -> None:
    done = analyse((fault(said("job", 0.9, A)), fault(said("disk", 0.7, A, B))), look(make, A, B))
    assert [f.diagnosis.fault for f in done.found] == ["disk"]
    assert [o.fault for o in done.found[0].alternatives] == ["job"]


def test_a_far_weaker_one_folds_nothing(make: Make) -> None:
    done = analyse((fault(said("job", 0.9, A)), fault(said("anything", 0.3, A, B, C))), look(make, A, B, C))
    assert [f.diagnosis.fault for f in done.found] == ["job", "anything"]


def test_two_that_explain_different_signs_both_stand(make: Make) -> None:
    done = analyse((fault(said("one", 0.6, A)), fault(said("two", 0.8, B))), look(make, A, B, C))
    assert [f.key for f in done.found] == [("two", ""), ("one", "")]
    assert [s.kind for s in done.unexplained] == ["check.c"]


def test_equal_weights_are_not_clear(make: Make) -> None:
    done = analyse((fault(said("one", 0.8, A)), fault(said("two", 0.82, A))), look(make, A))
    assert [(f.diagnosis.fault, f.unclear) for f in done.found] == [("two", True)]


def test_one_fault_of_two_subjects_is_two_findings_and_of_one_subject_the_stronger(make: Make) -> None:
    leaf = fault(said("f", 0.5, A, subject="x"), said("f", 0.9, C, subject="x"), said("f", 0.5, B, subject="y"))
    done = analyse((leaf,), look(make, A, B, C))
    assert [(f.key, f.diagnosis.weight) for f in done.found] == [(("f", "x"), 0.9), (("f", "y"), 0.5)]


def test_guesses_and_diagnoses_in_another_faults_name_are_dropped(make: Make) -> None:
    leaf = Fault("f", "", lambda look: [said("f", LEAST / 2, A), said("other", 0.9, B)])
    assert analyse((leaf,), look(make, A, B)).found == ()


def test_a_leaf_that_breaks_hides_nothing(make: Make) -> None:
    def broken(look: Look) -> list[Diagnosis]:
        raise ZeroDivisionError

    w = make()
    done = analyse((file_fault("a", "a.txt", diagnose=broken), fault(said("two", 0.8, A))),
                   Look(w.ward.eyes(), Round((), True), (Sign(*A, "", 1),)))  # fmt: skip
    assert [f.diagnosis.fault for f in done.found] == ["two"]


KEYS = st.frozensets(st.sampled_from([A, B, C, ("check.d", "")]), min_size=1)


@given(st.lists(st.builds(lambda f, w, k: Diagnosis(f, "", "", (), k, w), st.sampled_from("abcdef"),
                          st.floats(0.2, 1), KEYS), max_size=8, unique_by=lambda d: d.fault))  # fmt: skip
def test_whatever_any_diagnosis_explains_one_that_stands_explains(every: list[Diagnosis]) -> None:
    standing, losers = settle(every)
    assert {d.fault for d in standing} | {d.fault for d in losers} == {d.fault for d in every}
    assert frozenset().union(*(d.explains for d in standing)) == frozenset().union(*(d.explains for d in every))
