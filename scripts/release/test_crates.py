import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from release.crates import Unfit, add, packages, show

SCRIPT = Path(__file__).parents[1] / "crate-list"
CRATES_IO = "registry+https://github.com/rust-lang/crates.io-index"


def package(name, source=CRATES_IO, **target):
    kind, called = target.get("kind", "lib"), target.get("called", name)
    return {"id": name, "name": name, "version": "1.2.3", "source": source, "targets": [{"name": called, "kind": [kind]}]}


def node(name, **needs):
    """What a package needs, each with the kinds of its reasons."""
    return {"id": name, "deps": [{"pkg": each, "dep_kinds": [{"kind": kind} for kind in kinds]} for each, kinds in needs.items()]}


# The program links a and, by that, b; m is a macro that is made of b and q; g generates code; t is for tests alone.
METADATA = {
    "packages": [
        package("harbor", source=None, kind="bin", called="harbor-server"),
        package("a"),
        package("b", source="git+https://git.example/b?rev=1#2"),
        package("m", kind="proc-macro"),
        package("q"),
        package("g"),
        package("t"),
        package("other", source=None, kind="bin"),
    ],
    "workspace_members": ["harbor", "other"],
    "resolve": {
        "nodes": [
            node("harbor", a=[None, "dev"], m=[None], g=["build"], t=["dev"]),
            node("a", b=[None]),
            node("b"),
            node("m", b=[None], q=[None]),
            node("q"),
            node("g"),
            node("t"),
            node("other", t=[None]),
        ]
    },
}
LISTED = {
    "packages": [
        {"name": "a", "version": "1.2.3", "source": "crates.io", "dependencies": [1]},
        {"name": "b", "version": "1.2.3", "source": "git"},
        {"name": "g", "version": "1.2.3", "source": "crates.io", "kind": "build"},
        {"name": "harbor", "version": "1.2.3", "source": "local", "dependencies": [0, 2, 4], "root": True},
        {"name": "m", "version": "1.2.3", "source": "crates.io", "kind": "build", "dependencies": [1, 5]},
        {"name": "q", "version": "1.2.3", "source": "crates.io", "kind": "build"},
    ]
}


class Crates(unittest.TestCase):
    def setUp(self):
        self.program = Path(self.enterContext(tempfile.TemporaryDirectory())) / "program"
        shutil.copy(shutil.which("true"), self.program)

    def test_what_is_linked_is_told_from_what_only_built_it_and_tests_are_left_out(self):
        self.assertEqual(packages(METADATA, "harbor-server"), LISTED)
        self.assertEqual([one["name"] for one in packages(METADATA, "other")["packages"]], ["other", "t"])

    def test_a_program_of_nobody_is_refused(self):
        with self.assertRaisesRegex(Unfit, "harbor is a program of 0 packages"):
            packages(METADATA, "harbor")

    def test_it_is_kept_in_the_program_once_which_runs_as_before(self):
        for listed in [{"packages": []}, LISTED]:
            add(self.program, listed)
            self.assertEqual(show(self.program), listed)
        subprocess.run(["strip", self.program], check=True)
        self.assertEqual(show(self.program), LISTED)
        subprocess.run([self.program], check=True)

    def test_a_program_without_a_list_and_what_is_no_program_are_named(self):
        told = subprocess.run([SCRIPT, "show", self.program], capture_output=True, text=True)
        self.assertEqual((told.returncode, told.stdout), (1, ""))
        self.assertIn(f"crate-list: {self.program} does not say of which crates it is made", told.stderr)
        self.program.write_text("no program")
        told = subprocess.run([SCRIPT, "show", self.program], capture_output=True, text=True)
        self.assertEqual(told.returncode, 1)
        self.assertEqual(len(told.stderr.splitlines()), 1, told.stderr)


if __name__ == "__main__":
    unittest.main()
