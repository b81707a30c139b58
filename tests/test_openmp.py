"""Threads that wait for work soon sleep, unless the user has decided otherwise."""

import os
import subprocess
import sys

import pytest

from sumtune.openmp import LIMITS, POLICY, limit_spinning


@pytest.fixture
def environment(monkeypatch):
    for name in (POLICY, *LIMITS):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_waiting_is_limited(environment):
    limit_spinning()
    assert {name: os.environ[name] for name in LIMITS} == LIMITS


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_of_the_user_stays(environment, name):
    environment.setenv(name, "7")
    limit_spinning()
    assert {other: os.environ[other] for other in LIMITS} == LIMITS | {name: "7"}


def test_a_policy_of_the_user_stays(environment):
    environment.setenv(POLICY, "active")
    limit_spinning()
    assert not LIMITS.keys() & os.environ.keys()


def test_importing_the_package_is_enough(environment):
    """OpenMP reads the limits when torch is imported, which is later."""
    code = "import os, sys, sumtune; print('torch' in sys.modules, os.environ['GOMP_SPINCOUNT'])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == f"False {LIMITS['GOMP_SPINCOUNT']}\n"
