"""Who imports whom among the Rust files of this workspace, and whether they may."""
