//! `crdgen [FILE|-]` writes the CustomResourceDefinition, by default to `crds/ballsessions.yaml`.

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let manifest = ballsession_crds::manifest()?;
    match std::env::args().nth(1).as_deref() {
        Some("-") => print!("{manifest}"),
        Some(file) => std::fs::write(file, manifest)?,
        None => std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("ballsessions.yaml"), manifest)?,
    }
    Ok(())
}
