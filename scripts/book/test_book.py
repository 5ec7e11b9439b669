import contextlib
import io
import shutil
import tempfile
import unittest
from pathlib import Path

from book import built, exposition, flags, links, markdown, metrics, operator_metrics, outside, program_metrics, quickstart
from book import reasons, resource, runbooks, samples, summary, tables


def tree(**files):
    """A folder with these files, `a__b.md` standing for a/b.md."""
    root = Path(tempfile.mkdtemp(prefix="ballsession-book."))
    unittest.addModuleCleanup(shutil.rmtree, root)
    for name, text in files.items():
        file = root / name.replace("__", "/").replace("_md", ".md").replace("_rs", ".rs").replace("_yaml", ".yaml")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


class Pages(unittest.TestCase):
    def test_anchors_are_those_of_mdbook_and_numbered(self):
        page = markdown.parse("# What each `number` says\n\n## UDP, and TCP\n\n## Same\n\n## Same\n")
        self.assertEqual(page.anchors, ["what-each-number-says", "udp-and-tcp", "same", "same-1"])

    def test_links_in_tables_and_pictures_are_found_and_code_is_not(self):
        page = markdown.parse("| a |\n|---|\n| [x](one.md) |\n\n![p](two.png)\n\n`[no](three.md)`\n\n```\n[no](four.md)\n```\n")
        self.assertEqual([link.target for link in page.links], ["one.md", "two.png"])

    def test_a_cell_stays_one_line(self):
        self.assertEqual(tables.row(["a\nb", "c|d"]), "| a b | c\\|d |")
        self.assertEqual(tables.escaped("<x> `--y <Z>` <"), "&lt;x> `--y <Z>` &lt;")


class Links(unittest.TestCase):
    def complaint(self, target, text="# There\n"):
        root = tree(one_md=f"[x]({target})\n", docs__two_md=text)
        parsed = {page: (page.read_text(), markdown.parse(page.read_text())) for page in (root / "one.md", root / "docs/two.md")}
        return links.leads_nowhere(root, root / "one.md", target, parsed)

    def test_files_and_headings_have_to_be_there(self):
        self.assertIsNone(self.complaint("docs/two.md#there"))
        self.assertIsNone(self.complaint("docs"))
        self.assertEqual(self.complaint("docs/two.md#here"), "there is no heading #here")
        self.assertEqual(self.complaint("docs/three.md"), "there is no such file")
        self.assertEqual(self.complaint(".."), "that is outside of the repository")
        self.assertEqual(self.complaint("mailto:somebody@example.com"), "only http, https and relative links are checked")

    def test_sites_and_repositories_have_to_be_known(self):
        for address in ["https://kubernetes.io/docs/x", "https://github.com/grafana/k6/issues/1", "http://127.0.0.1:8081", "http://[::1]:80/", "http://ballsession-operator.media:8081/x"]:
            self.assertIsNone(links.unknown(address), address)
        for address in ["https://kubernetes.io.evil.org/", "https://github.com/nobody/nothing", "https://registry.example.org/x"]:
            self.assertIsNotNone(links.unknown(address), address)


class Reference(unittest.TestCase):
    def test_fields_are_listed_down_to_those_of_kubernetes(self):
        schema = {
            "properties": {
                "pods": {"type": "array", "description": "Pods.", "items": {"properties": {"name": {"description": "A name."}}}},
                "affinity": {"description": "Where.", "properties": {"nodeAffinity": {"type": "object"}}},
            }
        }
        self.assertEqual([path for path, _ in resource.fields(schema, "spec")], ["spec.pods", "spec.pods[].name", "spec.affinity"])

    def test_defaults_are_as_one_writes_them(self):
        shown = [resource.default({"default": value}) for value in ("1", "60s", 30, False, {}, "None")]
        self.assertEqual(shown, ['`"1"`', "`60s`", "`30`", "`false`", "", "`None`"])

    def test_reasons_are_variants_without_values(self):
        source = "pub(in crate::x) enum Reason {\n    /// One\n    /// of two.\n    First,\n    /// Others.\n    Over(Outcome),\n    Bare,\n}\n"
        root = tree(code_rs=source)
        found = reasons.variants(root, reasons.Enumeration("code.rs", "Reason"))
        self.assertEqual(found, [("First", "One of two."), ("Bare", "")])

    def test_flags_have_their_variable_and_default(self):
        text = (
            "Runs.\n\nUsage: x\n\nCommands:\n  wait  Waits for it\n  help  Helps\n\nOptions:\n"
            "      --http <IP:PORT>  Where it is [env: BALLSESSION_HTTP=] [default: [::]:8081]\n"
            "      --image <NAME>    The image [default: up to others] [env: BALLSESSION_IMAGE=]\n"
            "  -o, --output <FORM>   The form [default: table] [possible values: table, json]\n"
            "  -v, --verbose         Logs every step\n"
            "  -h, --help            Print help\n"
        )
        rows = [
            ["`--http <IP:PORT>`", "`BALLSESSION_HTTP`", "`[::]:8081`", "Where it is"],
            ["`--image <NAME>`", "`BALLSESSION_IMAGE`", "`up to others`", "The image"],
            ["`-o, --output <FORM>`", "", "`table`", "The form: table, json"],
            ["`-v, --verbose`", "", "", "Logs every step"],
        ]
        found = flags.sections(text)
        self.assertEqual(flags.options(found["Options"]), rows)
        self.assertEqual(flags.commands_of(text), [("wait", "Waits for it")])
        with self.assertRaises(ValueError):
            flags.options(found["Options"] + "          more of it\n")

    def test_metrics_know_their_labels_and_series(self):
        text = '# HELP a_x Help.\n# TYPE a_x counter\na_x_total{fate="lost",le="1"} 3\n# HELP a_xy More.\n# TYPE a_xy gauge\na_xy 1\n# EOF\n'
        found = exposition.families(text)
        self.assertEqual((found["a_x"].series, found["a_x"].labels), ("a_x_total", {"fate"}))
        self.assertEqual((found["a_xy"].series, found["a_xy"].meaning), ("a_xy", "More."))


class Metrics(unittest.TestCase):
    SOURCE = """
        struct Taken { /// Which.
            step: &'static str }
        struct Metrics {
            held: Gauge,
            steps: Family<Taken, Counter>,
            pairs: Family<[(&'static str, &'static str); 2], Counter>,
        }
        let registry = registry.sub_registry_with_prefix("part");
        registry.register("held", "Held", metrics.held.clone());
        let help = "Steps, by step";
        registry.register("steps", help, metrics.steps.clone());
        registry.register(
            "pairs",
            "Pairs",
            metrics.pairs.clone(),
        );
        metrics.pairs.get_or_create(&[("review", review), ("outcome", "x")]).inc();
        encoder.encode_descriptor("watch_failing", "Failing.", None, MetricType::Gauge)?;
    """

    def test_metrics_are_found_with_kind_labels_and_words(self):
        found = {family.name.removeprefix("ballsession_operator_part_"): family for family in operator_metrics.of_file(self.SOURCE)}
        shown = {name: (family.kind, family.labels, family.meaning) for name, family in found.items()}
        expected = {
            "held": ("gauge", set(), "Held."),
            "steps": ("counter", {"step"}, "Steps, by step."),
            "pairs": ("counter", {"outcome", "review"}, "Pairs."),
            "watch_failing": ("gauge", {"watch"}, "Failing."),
        }
        self.assertEqual(shown, expected)

    def test_a_field_of_another_kind_is_no_metric(self):
        with self.assertRaises(ValueError):
            operator_metrics.of_field("struct Metrics { held: Mutex<u8>, }", "held")


    def test_calls_of_the_exposition_are_found(self):
        source = """
            Exposition::default()
                .counters(
                    "frames",
                    "Frames, by fate",
                    "fate",
                    [("matched", 1)],
                )
                .gauge_if_any("loss_ratio", "Loss", None)
                .errors("errors", &errors)
                .posts(posts)
        """
        found = {family.name: (family.kind, family.labels, family.meaning) for family in program_metrics.of_file(source)}
        expected = {
            "ballsession_build_info": ("gauge", {"version"}, "Always 1: the label is the version of the program."),
            "ballsession_frames": ("counter", {"fate"}, "Frames, by fate."),
            "ballsession_loss_ratio": ("gauge", set(), "Loss."),
            "ballsession_errors": ("counter", {"code"}, "Errors by code."),
            "ballsession_report_posts": ("counter", {"result"}, "Posts to the operator, by result."),
        }
        self.assertEqual(found, expected)

    def test_what_is_served_otherwise_is_found(self):
        family = exposition.Family("a", "counter", "A.", {"fate"})
        for served in [family, exposition.Family("a", "counter", "A.")]:
            self.assertEqual(list(metrics.unlike("x", {"a": served}, {"a": family})), [])
        for served in [exposition.Family("a", "gauge", "A."), exposition.Family("a", "counter", "A.", {"other"})]:
            self.assertEqual(len(list(metrics.unlike("x", {"a": served}, {"a": family}))), 1)
        self.assertEqual(len(list(metrics.unlike("x", {"b": family}, {"a": family}))), 1)


class Runbooks(unittest.TestCase):
    ANSWERS = "\n\n".join(f"**{question}.** So." for question in runbooks.QUESTIONS)

    def test_a_section_ends_with_the_next_of_its_level(self):
        found = runbooks.sections("# Page\n\n## A\n\none\n\n### Below\n\ntwo\n\n## B\n\nthree\n")
        self.assertIn("two", found["A"])
        self.assertNotIn("three", found["A"])

    def test_each_question_is_answered_in_order(self):
        self.assertEqual(runbooks.unanswered("p", self.ANSWERS), [])
        self.assertEqual(runbooks.unanswered("p", self.ANSWERS.replace("What to check", "x")), ["p: does not say **What to check.**"])
        backwards = "\n".join(reversed(self.ANSWERS.split("\n\n")))
        self.assertEqual(len(runbooks.unanswered("p", backwards)), 1)

    def test_a_reason_and_an_alert_without_a_page_are_found(self):
        root = tree(deploy__monitoring__rules_yaml="spec: {groups: [{rules: [{alert: Fires, expr: up}, {record: r}]}]}\n")
        for condition, enumerations in reasons.CONDITIONS.items():
            for enumeration in enumerations:
                file = root / enumeration.file
                file.parent.mkdir(parents=True, exist_ok=True)
                before = file.read_text() if file.exists() else ""
                file.write_text(before + f"pub enum {enumeration.name} {{\n    /// X.\n    Of{condition},\n}}\n")
            page = root / runbooks.FOLDER / f"{reasons.RUNBOOKS[condition]}.md"
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(f"## Met\n\n{self.ANSWERS}\n\n## Of{condition}\n\n{self.ANSWERS}\n")
        alert = "docs/runbooks/Fires.md: missing, and deploy/monitoring/rules.yaml has an alert of that name"
        self.assertEqual(runbooks.complaints(root), [alert])
        (root / runbooks.FOLDER / "Fires.md").write_text(self.ANSWERS)
        self.assertEqual(runbooks.complaints(root), [])
        (root / runbooks.FOLDER / "ready.md").write_text("## Other\n")
        self.assertEqual(runbooks.complaints(root), ["docs/runbooks/ready.md: no section OfReady, which Ready may have as its reason"])


class Samples(unittest.TestCase):
    SCHEMA = {
        "properties": {
            "placement": {"type": "string", "enum": ["Spread", "Any"]},
            "window": {"type": "string"},
            "clients": {"type": "integer"},
            "server": {"properties": {"tolerations": {"items": {"properties": {"key": {"type": "string"}}}}, "labels": {}}},
        }
    }

    def problems(self, text):
        return list(samples.problems(samples.yaml.safe_load(text), self.SCHEMA, "spec"))

    def test_a_sample_that_fits_has_no_problems(self):
        self.assertEqual(self.problems("{placement: Any, window: 60s, clients: 2, server: {tolerations: [{key: a}], labels: {b: c}}}"), [])

    def test_what_the_schema_does_not_know_is_found(self):
        for text, problem in [
            ("{placment: Any}", "there is no field spec.placment"),
            ("{placement: Elsewhere}", "spec.placement is Elsewhere: it must be one of Spread, Any"),
            ("{window: 1}", "spec.window is 1, which has to be in quotes"),
            ("{clients: two}", "spec.clients is two, and has to be a whole number"),
            ("{server: {tolerations: [{kye: a}]}}", "there is no field spec.server.tolerations[].kye"),
        ]:
            self.assertEqual(self.problems(text), [problem])


class Book(unittest.TestCase):
    def test_links_out_of_the_book_become_names(self):
        text = "[a](../bench/README.md#faults), [b](other.md), [c](../recipes/x.md)"
        self.assertEqual(outside.inside(text, "page.md"), "a (`bench/README.md`), [b](other.md), c (`recipes/x.md`)")
        self.assertEqual(outside.inside(text, "runbooks/page.md"), text)

    def test_chapters_are_found_in_chapters(self):
        book = {"items": [{"Chapter": {"content": "a", "path": "a.md", "sub_items": [{"Chapter": {"content": "b", "path": "b.md"}}]}}, "Separator"]}
        self.assertEqual([chapter["path"] for chapter in outside.chapters(book)], ["a.md", "b.md"])


    def test_the_table_of_contents_has_every_page_once(self):
        listed = "- [a](a.md)\n- [a](a.md)\n- [b](b.md)\n"
        root = tree(docs__SUMMARY_md=listed, docs__a_md="", docs__b_md="", docs__c_md="", docs__releases__note_md="")
        self.assertEqual(summary.complaints(root), ["docs/SUMMARY.md: a.md is listed twice", "docs/SUMMARY.md: does not list c.md"])

    def test_dead_links_of_the_built_book_are_found(self):
        pages = {"a.html": '<p id="x"><a href="b/c.html#y">', "b/c.html": '<a href="../a.html#x"><a href="../d.html"><a href="#z"><a href="https://e/">'}
        root = tree()
        for name, text in pages.items():
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).write_text(text)
        expected = [
            "a.html: b/c.html#y: there is no such place",
            "b/c.html: ../d.html: there is no such file",
            "b/c.html: #z: there is no such place",
        ]
        self.assertEqual(built.complaints(root), expected)


class QuickStart(unittest.TestCase):
    def test_commands_have_what_they_print_and_documents(self):
        page = "```console\n$ one << 'END'\na: 1\nEND\nsaid\n$ two\n```\n\n```sh\n$ three\n```\n"
        found = quickstart.commands(page)
        self.assertEqual([(command.text, command.expected) for command in found], [("one << 'END'\na: 1\nEND", ["said"]), ("two", [])])

    def test_what_is_printed_is_compared_by_its_pattern(self):
        self.assertIsNone(quickstart.differs(["a … c", "…", "z"], ["a b c", "x", "y", "z"]))
        self.assertIsNone(quickstart.differs(["…", "z"], ["z"]))
        self.assertIsNotNone(quickstart.differs(["a … c"], ["a b c", "more"]))
        self.assertIsNotNone(quickstart.differs(["3"], ["0"]))

    def play(self, page):
        root = tree(page_md=page)
        with contextlib.redirect_stdout(io.StringIO()):
            return quickstart.play(root / "page.md", [], root)

    def test_a_page_is_played_in_one_shell(self):
        page = "```console\n$ x=1; false\n$ echo $?\n1\n$ echo $x > file\n$ cat file\n1\n$ (exit 3) &\n$ wait %1\n$ echo $?\n3\n```\n"
        self.assertIsNone(self.play(page))

    def test_a_page_that_is_not_as_it_says_fails(self):
        self.assertIn("not as the page says", self.play("```console\n$ echo a\nb\n```\n"))
        self.assertIn(":3: exit status 1", self.play("```console\n$ true\n$ false\n```\n"))
        self.assertIn("shows no commands", self.play("nothing\n"))
        self.assertIn("exit status None", self.play("```console\n$ exit 0\n```\n"))


if __name__ == "__main__":
    unittest.main()
