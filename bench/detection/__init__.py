"""Injects faults into real sessions, and compares the verdicts with what was injected.

cases (which faults, which verdicts are expected) -> run (case after case) -> session (the programs of one case)
                                                      |-> faults (how each is injected) -> cgroup, relay
                                                      |-> observer (the verdicts of a running server)
                                                      '-> outcome (expected and observed compared) -> table
"""
