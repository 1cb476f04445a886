"""Whose logs are searched for values of erased people."""

from deploy.local.system import PROCESSES, SERVICES, searches


def test_every_log_is_searched_by_somebody() -> None:
    assert {name for process in SERVICES for name in searches(process)} == {*PROCESSES, "postgres", "rabbitmq"}
    assert all(searches(process)[0] == process for process in PROCESSES)
    assert searches("identity") == ("identity",)
