//! Reads the file with the defaults for pods.

use std::io::ErrorKind;
use std::path::Path;

use crate::settings::{PodDefaults, parse};

/// The defaults in a file. One that is missing sets nothing where its folder is empty: a ConfigMap that may be there is mounted
/// so. Where the folder has other files, or does not exist, somebody has mistaken its name.
pub(super) fn read(file: &Path) -> Result<PodDefaults, String> {
    let problem = |problem: &dyn std::fmt::Display| format!("--pod-defaults {}: {problem}", file.display());
    match std::fs::read_to_string(file) {
        Ok(text) => parse(&text).map_err(|error| problem(&error)),
        Err(error) if error.kind() == ErrorKind::NotFound => match neighbour(file) {
            Ok(None) => Ok(PodDefaults::default()),
            Ok(Some(other)) => Err(problem(&format!("there is no such file, but {other} beside it"))),
            Err(error) => Err(problem(&format!("there is no such file: {error}"))),
        },
        Err(error) => Err(problem(&error)),
    }
}

/// What else is in the folder of a file. What begins with a dot is the kubelet's.
fn neighbour(file: &Path) -> std::io::Result<Option<String>> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder.unwrap_or(Path::new(".")))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names.into_iter().filter(|name| !name.starts_with('.')).min())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_there_sets_nothing_only_where_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod-defaults.yaml");
        std::fs::create_dir(folder.path().join("..2026_11_30")).unwrap();
        assert_eq!(read(&file), Ok(PodDefaults::default()));

        std::fs::write(folder.path().join("pods.yaml"), "").unwrap();
        let said = read(&file).unwrap_err();
        assert!(
            said.ends_with("pod-defaults.yaml: there is no such file, but pods.yaml beside it"),
            "{said}"
        );
        let said = read(Path::new("/nowhere/at/all.yaml")).unwrap_err();
        assert!(said.starts_with("--pod-defaults /nowhere/at/all.yaml: there is no such file: "), "{said}");
    }

    #[test]
    fn what_is_in_it_is_set_and_a_mistake_is_named_with_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pod-defaults.yaml");
        std::fs::write(&file, "all: {priorityClassName: canaries}").unwrap();
        assert_eq!(read(&file).unwrap().client.priority_class_name.as_deref(), Some("canaries"));
        std::fs::write(&file, "all: {priorityClass: canaries}").unwrap();
        let said = read(&file).unwrap_err();
        assert!(said.ends_with("pod-defaults.yaml: all.priorityClass: there is no such field"), "{said}");
        let said = read(folder.path()).unwrap_err();
        assert!(said.contains("directory"), "{said}");
    }
}
