import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from charts import files
from charts.template import Unfit, changed, documents, followed, renamed, template

ROOT = Path(__file__).parents[2]
ROLE = """\
# Why it is there.
kind: Role
metadata:
  name: ballsession-operator-lease
  namespace: ballsession-system
  labels:
    app.kubernetes.io/name: ballsession-operator
    app.kubernetes.io/part-of: ballsession
rules:
  # Of the one lease.
  - resourceNames: [ballsession-operator]
---
# Nothing but words.
"""
NAMES = {"ballsession-operator", "ballsession-operator-lease"}
FULL = '{{ include "ballsession.fullname" . }}'


class Template(unittest.TestCase):
    def test_an_object_gets_names_namespace_labels_and_annotations_and_loses_its_comments(self):
        [lines] = documents(ROLE)
        self.assertEqual(
            template(lines, NAMES),
            [
                "kind: Role",
                "metadata:",
                f"  name: {FULL}-operator-lease",
                "  {{- with .Values.commonAnnotations }}",
                "  annotations:",
                "    {{- toYaml . | nindent 4 }}",
                "  {{- end }}",
                "  namespace: {{ .Release.Namespace }}",
                "  labels:",
                "    app.kubernetes.io/name: ballsession-operator",
                "    app.kubernetes.io/part-of: ballsession",
                '    {{- include "ballsession.labels" . | nindent 4 }}',
                "rules:",
                f"  - resourceNames: [{FULL}-operator]",
            ],
        )

    def test_only_names_of_objects_are_renamed(self):
        for line, expected in [
            ("  serviceAccountName: ballsession-operator", f"  serviceAccountName: {FULL}-operator"),
            ("    - ballsession-operator", f"    - {FULL}-operator"),
            ("  ballsession.dev/leader: ballsession-operator", f"  ballsession.dev/leader: {FULL}-operator"),
            ("  name: ballsession-server", "  name: ballsession-server"),
            ("  app.kubernetes.io/name: ballsession-operator", "  app.kubernetes.io/name: ballsession-operator"),
            ("  image: ballsession-operator", "  image: ballsession-operator"),
            ("  text: a ballsession-operator", "  text: a ballsession-operator"),
            ("  text: {{ $labels.pod }}", '  text: {{ "{{" }} $labels.pod }}'),
            ("  kubectl -n ballsession-system logs -l app.kubernetes.io/name=x", "  kubectl -n {{ .Release.Namespace }} logs -l app.kubernetes.io/name=x"),
        ]:
            self.assertEqual(renamed(line, NAMES), expected)

    def test_selectors_select_the_release_alone(self):
        lines = ROLE.split("---")[0].splitlines()[1:] + ["selector:", "  app.kubernetes.io/name: ballsession-operator", "  a: b"]
        self.assertEqual(template(lines, NAMES)[-2:], ["  app.kubernetes.io/instance: {{ .Release.Name }}", "  a: b"])

    def test_annotations_of_its_own_are_joined_with_those_of_the_values(self):
        [lines] = documents(ROLE)
        own = "    kubernetes.io/service-account.name: ballsession-operator"
        made = template([*lines[:2], "  annotations:", own, *lines[2:]], NAMES, ".Values.x")
        self.assertEqual(
            made[2:8],
            [
                "  annotations:",
                "    {{- with .Values.x }}",
                "    {{- toYaml . | nindent 4 }}",
                "    {{- end }}",
                f"    kubernetes.io/service-account.name: {FULL}-operator",
                f"  name: {FULL}-operator-lease",
            ],
        )
        self.assertEqual(made.count("  annotations:"), 1)

    def test_what_nobody_would_find_is_refused(self):
        [lines] = documents(ROLE)
        with self.assertRaisesRegex(Unfit, "lacks the label app.kubernetes.io/part-of"):
            template([line for line in lines if "part-of" not in line], NAMES)

    def test_changes_are_of_whole_blocks_that_are_there_once(self):
        lines = ["a:", "  b: 1", "  c:", "    d: 2", "e: 3"]
        self.assertEqual(changed(lines, {"  c:": "  c: {}"}), ["a:", "  b: 1", "  c: {}", "e: 3"])
        self.assertEqual(changed(lines, {"after:a:": "\nf: 4\n"}), [*lines[:4], "f: 4", "e: 3"])
        for anchor in ["  x:", "  b: 1"]:
            with self.assertRaisesRegex(Unfit, "there [02] times, not once: scripts/charts/changes.py"):
                changed([*lines, "  b: 1"], {anchor: ""})

    def test_each_line_of_a_pattern_is_followed_by_what_is_made_of_it(self):
        lines = ["a:", "  page: x.md", "b:", "  page: y.md"]
        self.assertEqual(
            followed(lines, {r"( +)page: (\w+)\.md": "\n\\1link: \\2.html\n\\1end: 1\n"}),
            ["a:", "  page: x.md", "  link: x.html", "  end: 1", "b:", "  page: y.md", "  link: y.html", "  end: 1"],
        )
        with self.assertRaisesRegex(Unfit, "no line is like link: .*: scripts/charts/changes.py"):
            followed(lines, {"link: .*": ""})


class Generated(unittest.TestCase):
    """The script on a copy of the tree."""

    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for part in ["Cargo.toml", "deploy", "crds/ballsessions.yaml", "charts"]:
            (self.root / part).parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-r", ROOT / part, self.root / part], check=True)

    def run_script(self, *arguments):
        script = ROOT / "scripts/chart-templates"
        return subprocess.run([script, "--root", self.root, *arguments], capture_output=True, text=True)

    def edit(self, file, old, new):
        text = (self.root / file).read_text()
        self.assertIn(old, text)
        (self.root / file).write_text(text.replace(old, new))

    def test_the_charts_follow_the_manifests(self):
        self.assertEqual(self.run_script("--check").returncode, 0, "the tree itself is up to date")
        self.edit("deploy/base/report-keys-role.yaml", "verbs: [get, update]", "verbs: [get]")
        self.edit("crds/ballsessions.yaml", "shortNames:", "shortNames: ")
        version = re.search(r'^version = "(.*)"', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)[1]
        self.edit("Cargo.toml", f'\nversion = "{version}"', '\nversion = "70.1.0"')
        (self.root / files.TEMPLATES / "gone.yaml").write_text("kind: Role\n")
        self.edit("deploy/base/deployment.yaml", f":{version}", ":70.1.0")
        refused = self.run_script("--check")
        self.assertEqual(refused.returncode, 1)
        for file in ["report-keys-role.yaml", "ballsession-crds/templates/ballsessions.yaml", "ballsession/Chart.yaml", "gone.yaml"]:
            self.assertIn(file, refused.stderr)
        self.assertNotIn("/leader-role.yaml", refused.stderr)
        self.assertEqual(self.run_script().returncode, 0)
        self.assertEqual(self.run_script("--check").returncode, 0)
        self.assertIn("version: 70.1.0", (self.root / "charts/ballsession/Chart.yaml").read_text())
        self.assertFalse((self.root / files.TEMPLATES / "gone.yaml").exists())

    def test_a_new_manifest_comes_by_itself(self):
        (self.root / "deploy/base/extra").mkdir()
        (self.root / "deploy/base/extra/kustomization.yaml").write_text("resources:\n  - more.yaml\n")
        (self.root / "deploy/base/extra/more.yaml").write_text(ROLE.replace("kind: Role", "kind: ClusterRole"))
        self.edit("deploy/base/kustomization.yaml", "resources:\n", "resources:\n  - extra\n")
        self.assertEqual(self.run_script().returncode, 0)
        made = (self.root / files.TEMPLATES / "more.yaml").read_text()
        self.assertIn("{{- if not .Values.namespacedOnly }}\nkind: ClusterRole\n", made)

    def test_what_comes_with_monitoring_is_there_only_with_that(self):
        text = ROLE.replace("kind: Role", "kind: ClusterRole") + "---\n" + ROLE.replace("kind: Role", "kind: Secret")
        (self.root / "deploy/monitoring/more.yaml").write_text(text)
        self.edit("deploy/monitoring/kustomization.yaml", "resources:\n", "resources:\n  - more.yaml\n")
        self.assertEqual(self.run_script().returncode, 0)
        made = (self.root / files.TEMPLATES / "more.yaml").read_text()
        enabled = ".Values.monitoring.podMonitors.enabled"
        self.assertIn(f"{{{{- if and {enabled} (not .Values.namespacedOnly) }}}}\nkind: ClusterRole\n", made)
        self.assertIn(f"{{{{- if {enabled} }}}}\nkind: Secret\n", made)

    def test_a_change_that_finds_nothing_is_named(self):
        self.edit("deploy/base/deployment.yaml", "replicas: 2", "replicas: 3")
        refused = self.run_script()
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the line '  replicas: 2' is there 0 times", refused.stderr)
        self.assertEqual(len(refused.stderr.splitlines()), 1)
