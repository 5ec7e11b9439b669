//! The one file to install is the files of the base.

use std::path::Path;
use std::process::{Command, Output};

use crate::files;

fn bundle(folder: &str, file: &Path) -> Output {
    let script = files::path("scripts/bundle");
    Command::new(script).current_dir(files::path(".")).arg(folder).arg(file).output().unwrap()
}

#[test]
fn the_file_to_install_is_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("install.yaml");
    let output = bundle("deploy/base", &file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        std::fs::read_to_string(file).unwrap() == files::text("deploy/dist/install.yaml"),
        "deploy/dist/install.yaml is out of date: run `make manifests`"
    );
}

#[test]
fn what_cannot_be_bundled_is_refused_and_the_old_file_stays() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("install.yaml");
    std::fs::write(&file, "old").unwrap();
    let list = folder.path().join("kustomization.yaml");
    let refused = |what: &str| {
        let output = bundle(folder.path().to_str().unwrap(), &file);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(what), "{said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "old");
    };

    refused("there is no");
    std::fs::write(&list, "kind: Kustomization\n").unwrap();
    refused("lists nothing");
    std::fs::write(&list, "resources:\n  - absent.yaml\n").unwrap();
    refused("absent.yaml");
    std::fs::write(&list, "resources:\n  - install.yaml\nnamePrefix: a-\npatches: []\n").unwrap();
    refused("has namePrefix, patches: only resources can be bundled");
}
