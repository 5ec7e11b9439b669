import tempfile
import unittest
from pathlib import Path

from imports import check, modules
from imports.tokens import imported, tokens


class Files(unittest.TestCase):
    def check(self, layers=None, never=None, **files):
        """What is found in a crate of these files, `a__b` standing for src/a/b.rs."""
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            for name, text in files.items():
                file = root / "src" / (name.replace("__", "/") + ".rs")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return check.files(root, modules.read(root / "src/lib.rs"), layers or {}, never or {})

    def test_a_circle_is_found_with_the_names_that_tie_it(self):
        found = self.check(
            lib="mod a; mod b;",
            a="use crate::b::Second; pub struct First(Second);",
            b="pub struct Second; fn back(_: crate::a::First) {}",
        )
        self.assertEqual(found, ["CIRCLE of 2 files:", "  src/a.rs -> src/b.rs: Second", "  src/b.rs -> src/a.rs: crate::a::First"])

    def test_a_circle_is_found_through_a_re_export(self):
        found = self.check(
            lib="mod room; mod b;",
            room__mod="mod a; pub use a::{First as Other, Unused};",
            room__a="use crate::b::Second; pub struct First(Second); pub struct Unused;",
            b="use crate::room::Other; pub struct Second(Box<Other>);",
        )
        self.assertEqual(found[0], "CIRCLE of 2 files:")
        self.assertEqual(found[2], "  src/room/a.rs -> src/b.rs: Second")

    def test_a_parent_that_only_re_exports_is_in_no_circle(self):
        files = {
            "room__mod": "mod a; mod b; pub use a::Thing; pub(super) use b::make;",
            "room__a": "pub struct Thing;",
            "room__b": "use super::Thing; pub(in crate) fn make() -> Thing { Thing }",
        }
        self.assertEqual(self.check(lib="mod room; pub use room::Thing;", **files), [])

    def test_a_parent_that_uses_its_child_and_is_used_by_it_is_in_a_circle(self):
        for use in ("pub use a::make; fn f() { make(); }", "fn f() { a::make() }", "fn f() { use a::*; make() }"):
            found = self.check(lib=f"mod a; const LIMIT: u8 = 1; {use}", a="use super::*; pub fn make() -> u8 { LIMIT }")
            self.assertEqual(len(found), 3, (use, found))

    def test_a_function_with_the_name_of_a_module_is_not_that_module(self):
        found = self.check(
            lib="mod room;",
            room__mod="mod a; mod b; use a::make; use b::Thing; fn b() -> Thing { make() }",
            room__a="use crate::room::b::Thing; pub fn make() -> Thing { Thing }",
            room__b="pub struct Thing;",
        )
        self.assertEqual(found, [])

    def test_a_method_in_another_file_than_its_type_is_an_import_of_that_file(self):
        found = self.check(
            lib="mod a; mod b;",
            a="pub struct T; impl T { fn run(&self) { self.step() } }",
            b="use crate::a::T; impl<'a> T { pub fn step(&self) {} pub fn never_called() {} }",
        )
        self.assertIn("  src/a.rs -> src/b.rs: T::step", found)

    def test_what_is_for_tests_does_not_count(self):
        found = self.check(
            lib="mod a; mod b;",
            a="""pub struct First; #[cfg(test)] mod tests; #[cfg(test)] use crate::b::Second;
                 impl First { #[cfg(test)] #[allow(unused)] fn f() -> (crate::b::Second, u8) { todo!() } }
                 #[cfg(test)] mod inline { use crate::b::Second; }""",
            b="use crate::a::First; pub struct Second(First);",
        )
        self.assertEqual(found, [])

    def test_comments_and_strings_are_no_code(self):
        found = self.check(
            lib="mod a; mod b;",
            a="""pub struct First; /* crate::b::S /* nested */ crate::b::S */ // crate::b::S
                 fn f<'a>(_: &'a str) -> [char; 3] { let _ = (r#"crate::b::S " "#, "\\" crate::b::S"); ['"', '\\'', 'c'] }""",
            b="use crate::a::First; pub struct S(First);",
        )
        self.assertEqual(found, [])

    def test_functions_that_serde_is_given_in_a_string_are_imports(self):
        found = self.check(
            lib="mod a; mod b;",
            a="pub struct First(#[serde(default = \"crate::b::one\")] u8);",
            b="use crate::a::First; pub fn one() -> u8 { 1 } fn f(_: First) {}",
        )
        self.assertEqual(found[0], "CIRCLE of 2 files:")

    def test_a_folder_imports_what_is_below_it_and_lib_imports_all(self):
        files = {
            "lib": "mod low; mod beside; mod high; use high::High;",
            "low__mod": "mod a; pub use a::Low; mod b;",
            "low__a": "pub struct Low;",
            "low__b": "fn f(_: super::a::Low) {}",
            "beside": "pub struct Beside;",
            "high": "pub struct High(crate::low::Low);",
        }
        layers = {"src": [["low", "beside"], ["high"]]}
        self.assertEqual(self.check(layers, **files), [])
        files["low__b"] += "fn g(_: (crate::high::High, crate::beside::Beside)) {}"
        self.assertEqual(
            self.check(layers, **files),
            [
                "AGAINST THE DIRECTION: src/low/b.rs imports beside, which is not below it: crate::beside::Beside",
                "AGAINST THE DIRECTION: src/low/b.rs imports high, which is not below it: crate::high::High",
            ],
        )
        found = self.check({"src": [["low", "beside"]]}, **files)
        self.assertIn("high, of src/low/b.rs, has no place", "\n".join(found))

    def test_imports_against_the_direction_are_found_of_files_and_of_other_crates(self):
        found = self.check(
            never={"src/pure": ["src/io", "tokio", "std::time::Instant::now"]},
            lib="mod pure; mod io;",
            io="pub struct Socket;",
            pure__mod="mod a;",
            pure__a="use crate::io; use tokio::time; use std::time::Instant; fn f(_: io::Socket) { time::sleep(Instant::now()) }",
        )
        names = [line.partition("imports ")[2] for line in found]
        expected = ["src/io: io::Socket", "std::time::Instant::now: std::time::Instant::now", "tokio: tokio::time"]
        self.assertEqual(sorted(names), expected)

    def test_a_name_that_leads_nowhere_is_not_passed_over(self):
        self.assertIn("NOT UNDERSTOOD: src/lib.rs names crate::made", self.check(lib="fn f() { crate::made() }")[0])
        self.assertIn("mod absent", self.check(lib="mod absent;")[0])


class Crates(unittest.TestCase):
    layers = [["low"], ["middle"], ["high"]]

    def check(self, never=None, **dependencies):
        crates = {name: check.Crate(f"our-{name}", set(names), []) for name, names in dependencies.items()}
        return check.crates(crates, self.layers, never or {})

    def test_a_crate_depends_downwards_only(self):
        self.assertEqual(self.check(low=["serde"], middle=["our-low"], high=["our-low", "our-middle"]), [])
        self.assertEqual(len(self.check(low=["our-middle"], middle=["our-low"], high=["our-high"])), 2)

    def test_a_crate_without_a_layer_is_asked_for(self):
        self.assertIn("other, of other, has no place", self.check(other=[])[0])

    def test_what_is_never_linked_is_found_behind_another_crate(self):
        found = self.check(never={"high": ["opencv"]}, low=["opencv"], middle=["our-low"], high=["our-middle"])
        self.assertIn("high -> middle -> low -> opencv, which high never links", found[0])


class Document(unittest.TestCase):
    def test_files_that_a_document_names_are_looked_up(self):
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "room").mkdir()
            (root / "room/a.rs").touch()
            text = "`a/b.rs`, `room/a.rs`, `room/`, `a.rs`, `crate::a`, `text/plain`, `ro/om/`"
            found = check.document(root, text, ["", "room"])
            self.assertEqual([line.split()[2] for line in found], ["a/b.rs,", "ro/om/,"])


class Uses(unittest.TestCase):
    def test_groups_renames_globs_and_self(self):
        found = imported(tokens("crate::{a::{self, b as c, d::*}, e as _}"))
        paths = [("::".join(path), name) for path, name in found]
        self.assertEqual(paths, [("crate::a", "a"), ("crate::a::b", "c"), ("crate::a::d", "*"), ("crate::e", "_")])


if __name__ == "__main__":
    unittest.main()
