//! The Helm chart: what comes out of it is what deploy/ has, and its values are what its schema says. Where there is no helm that is
//! skipped, and says so; BALLSESSION_HELM names one that is not in PATH.

mod release;
mod same;
mod test_hook;
mod values;

use std::io::{ErrorKind, Write};
use std::process::{Command, Output};

use serde_json::Value;

use crate::files;

/// What `helm` answers; `None`, and a line that says so, without helm.
fn helm(test: &str, arguments: &[&str]) -> Option<Output> {
    let program = std::env::var_os("BALLSESSION_HELM").unwrap_or_else(|| "helm".into());
    match Command::new(program).current_dir(files::path(".")).args(arguments).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Not eprintln: the test runner would keep it to itself.
            let line = format!("SKIPPED {test}: it needs helm\n");
            let _ = std::io::stderr().write_all(line.as_bytes());
            None
        }
        output => Some(output.unwrap()),
    }
}

/// The objects of a release with `values`, as `--set` has them, without those of its test.
fn rendered(test: &str, release: &str, namespace: &str, values: &[&str]) -> Option<Vec<Value>> {
    rendered_with(test, release, namespace, values, &["--skip-tests"])
}

fn rendered_with(
    test: &str,
    release: &str,
    namespace: &str,
    values: &[&str],
    flags: &[&str],
) -> Option<Vec<Value>> {
    let output = template(test, release, namespace, values, flags)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let objects = files::objects(&String::from_utf8(output.stdout).unwrap());
    // A condition that is not met leaves an empty document.
    Some(objects.into_iter().filter(|object| !object.is_null()).collect())
}

fn template(test: &str, release: &str, namespace: &str, values: &[&str], flags: &[&str]) -> Option<Output> {
    let mut arguments = vec!["template", release, "charts/ballsession", "--namespace", namespace];
    arguments.extend(flags);
    for value in values {
        // As JSON where it looks like it, so that a number is one.
        arguments.extend([
            if value.contains("=[") || value.contains("={") { "--set-json" } else { "--set" },
            value,
        ]);
    }
    helm(test, &arguments)
}

/// One object of several.
fn find<'a>(objects: &'a [Value], title: &str) -> &'a Value {
    objects
        .iter()
        .find(|object| files::title(object) == title)
        .unwrap_or_else(|| panic!("there is no {title}"))
}
