"""The page of operations is up to date; `make operations` renews it."""

import pytest
from tools import operations


@pytest.mark.slow
def test_the_page_of_operations_is_up_to_date():
    assert operations.main(["--check"]) == 0


def test_a_page_that_is_behind_is_seen(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(operations, "ROOT", tmp_path)
    monkeypatch.setattr(operations, "TARGET", tmp_path / "operations.md")
    monkeypatch.setattr(operations, "page", lambda: "today's")
    assert operations.main(["--check"]) == 1
    assert "make operations" in capsys.readouterr().err
    operations.main([])
    assert operations.main(["--check"]) == 0
    operations.TARGET.write_text("yesterday's")
    assert operations.main(["--check"]) == 1


def test_a_row_says_what_an_operation_raises_and_who_tests_it():
    row = operations.row("iam", "AttachRolePolicy")
    assert "PolicyNotAttachable" in row
    assert "iam:policyarn" in row
    assert "operations/test_lives" in row
