import subprocess
import tempfile
import unittest
from pathlib import Path

from release.notes import FOLDER, Unfit, fragments, notes

SCRIPT = Path(__file__).parents[1] / "release-notes"


class Notes(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder = self.root / FOLDER
        self.folder.mkdir(parents=True)
        (self.folder / "README.md").write_text("How notes are written.\n")

    def write(self, **texts):
        for name, text in texts.items():
            (self.folder / (name.replace("__", ".") + ".md")).write_text(text)

    def test_what_has_to_be_done_comes_first_and_the_rest_by_kind(self):
        self.write(
            b__fixed="Freezes are counted.\n",
            a__fixed="Clients come back.\n",
            chart__added="A chart:\n\n    helm install\n",
            ports__breaking="Open port 8443.\n",
        )
        self.assertEqual(
            notes("1.2.3", fragments(self.folder)),
            "# BallSession 1.2.3\n\n"
            "## What you have to do\n\n- Open port 8443.\n\n"
            "## New\n\n- A chart:\n\n      helm install\n\n"
            "## Fixed\n\n- Clients come back.\n- Freezes are counted.\n",
        )

    def test_what_is_no_note_is_refused_by_name(self):
        for file, text, complaint in [
            ("chart.md", "x", "chart.md: a note's name is NAME.KIND.md, where KIND is one of breaking, security"),
            ("chart.new.md", "x", "chart.new.md: "),
            ("chart.added.md", " \n", "chart.added.md is empty"),
            ("chart.added.md", "x\n# New\n", "chart.added.md has a heading"),
        ]:
            (self.folder / file).write_text(text)
            with self.assertRaises(Unfit) as refused:
                fragments(self.folder)
            self.assertIn(complaint, str(refused.exception))
            (self.folder / file).unlink()

    def test_a_release_has_a_version_and_a_change(self):
        with self.assertRaisesRegex(Unfit, "nothing in docs/releases/unreleased"):
            notes("1.2.3", fragments(self.folder))
        self.write(a__added="x")
        for version in ["v1.2.3", "1.2", "1.2.3 "]:
            with self.assertRaisesRegex(Unfit, "is no version"):
                notes(version, fragments(self.folder))
        self.assertIn("1.2.3-rc.1", notes("1.2.3-rc.1", fragments(self.folder)))

    def run_script(self, *arguments):
        return subprocess.run([SCRIPT, *arguments, "--root", self.root], capture_output=True, text=True)

    def test_the_script_prints_and_writes(self):
        self.write(a__added="x")
        printed = self.run_script("1.2.3")
        self.assertEqual((printed.returncode, printed.stdout.count("- x")), (0, 1), printed.stderr)
        self.assertEqual(self.run_script("1.2.3", "--write").returncode, 0)
        self.assertEqual((self.root / "docs/releases/1.2.3.md").read_text(), printed.stdout)
        self.assertEqual([file.name for file in self.folder.iterdir()], ["README.md"])
        again = self.run_script("1.2.4")
        self.assertEqual((again.returncode, again.stdout), (1, ""))
        self.assertIn("release-notes: there is nothing in", again.stderr)
