from keyreeve.policy.memory import Remembered


def test_answers_are_made_once_until_there_are_as_many_as_may_be():
    made = []
    remembered = Remembered(lambda text: made.append(text) or text.upper(), 3)
    assert [remembered[text] for text in "abcabc"] == list("ABCABC")
    assert made == list("abc")
    assert remembered["d"] == "D"
    assert list(remembered) == ["d"]
    assert [remembered[text] for text in "ad"] == ["A", "D"]
    assert made == list("abcda")
