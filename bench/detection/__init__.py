"""Does faults to real sessions, and compares what was said of them with what was done.

cases: what is done, and what has to be said of it     faults: how it is done     session: programs that it is done to
observer: what the server says, several times a second     outcome: the comparison     run: case after case     table
"""
