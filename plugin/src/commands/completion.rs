//! `completion`: scripts for shells.

use clap_complete::Shell;

/// Writes the script of a shell to stdout. It completes the program's own name, by which shells know it.
pub(crate) fn completion(shell: Shell, mut command: clap::Command) {
    clap_complete::generate(shell, &mut command, "kubectl-ballsession", &mut std::io::stdout());
}
