"""Ranks: ties share one, nothing hardly looked at is ranked, red and black never meet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from issues.scoring.measures import Measure
from issues.scoring.points import Score, load_points
from issues.scoring.ranking import Colour, Rank, Unranked, change, difference, rank
from issues.scoring.tally import Looks, Tally

TABLE = load_points()
LOOKED = Tally(looks=Looks(50, 9))
names = st.sampled_from([f"p{n}" for n in range(12)] + [""])
boards = st.dictionaries(names, st.tuples(st.sampled_from([0, 60, 75, 80, 90, 95.5, 100]),
                                          st.sampled_from([0, 19, 20, 300])))  # fmt: skip


def ranked(board):
    scores = {place: Score(points, ()) for place, (points, _) in board.items()}
    tallies = {place: Tally(looks=Looks(looks, looks)) for place, (_, looks) in board.items()}
    return rank(scores, tallies, TABLE)


def of_points(*points: float) -> list[Rank]:
    found = ranked({f"p{n}": (value, 50) for n, value in enumerate(points)})
    return [found[f"p{n}"] for n in range(len(points))]


def test_equal_points_share_a_rank_and_the_next_one_is_skipped():
    ranks = of_points(90, 95, 90, 80)
    assert [r.rank for r in ranks] == [2, 1, 2, 4]
    assert [r.tied for r in ranks] == [True, False, True, False]


@given(board=boards)
def test_ranks_follow_points(board):
    ranks = ranked(board)
    assert set(ranks) == set(board)
    placed = [place for place in board if ranks[place].rank is not None]
    for one in placed:
        better = sum(board[other][0] > board[one][0] for other in placed)
        assert ranks[one].rank == better + 1
        assert ranks[one].tied == (sum(board[o][0] == board[one][0] for o in placed) > 1)


@given(board=boards)
def test_who_was_hardly_looked_at_is_never_ranked(board):
    for place, found in ranked(board).items():
        unseen = board[place][1] < TABLE.enough.looks
        assert (found.rank is None) == (unseen or place == "")
        if found.rank is None:
            assert found.colour is None
            wanted = Unranked.NO_PLACE if place == "" else Unranked.NOT_ENOUGH_LOOKS
            assert found.why_not is wanted


@given(board=boards)
def test_red_and_black_keep_to_their_cut_offs(board):
    ranks = ranked(board)
    red = [board[p][0] for p, r in ranks.items() if r.colour is Colour.RED]
    black = [board[p][0] for p, r in ranks.items() if r.colour is Colour.BLACK]
    assert all(points >= TABLE.red.points for points in red)
    assert all(points < TABLE.black.points for points in black)
    assert len(set(red)) <= TABLE.red.places
    assert len(set(black)) <= TABLE.black.places


@given(board=boards, seed=st.randoms())
def test_the_order_of_places_is_nothing(board, seed):
    places = list(board)
    seed.shuffle(places)
    assert ranked({place: board[place] for place in places}) == ranked(board)


def test_all_who_share_the_last_rank_of_a_list_are_on_it():
    ranks = of_points(100, 99, 98, 98, 97)
    assert [r.colour is Colour.RED for r in ranks] == [True, True, True, True, False]


def test_what_changed():
    now, before = Rank(2), Rank(5)
    assert (change(now, before, 90.5, 80).points, change(now, before, 90.5, 80).rank) == (10.5, 3)
    assert change(now, Rank(None), 90, 80) == change(now, None, 90, None)
    assert change(now, Rank(None), 90, 80).points is None


def test_counts_are_compared_only_where_both_periods_were_looked_at():
    found = Tally({Measure.FOUND: ("a", "b")}, {}, (), Looks(5, 5))
    assert difference(found, LOOKED, Measure.FOUND) == 2
    assert difference(found, Tally(), Measure.FOUND) is None
    assert difference(found, LOOKED, Measure.OVERDUE) is None
