//! What ends a fault, whatever happens to the case: an error, a panic, or somebody who stops the program.

use std::process::{Command, Stdio};
use std::time::Duration;

use ballsession_e2e::run;

/// No remedy takes longer.
const LIMIT: Duration = Duration::from_secs(120);

/// Commands that end a fault. They are noted before the fault begins, and each may be run although there is nothing to
/// end.
#[derive(Debug, Default)]
pub(crate) struct Remedies {
    commands: Vec<Vec<String>>,
}

impl Remedies {
    /// Notes one.
    pub(crate) fn add(&mut self, command: Vec<String>) {
        self.commands.push(command);
    }

    /// Notes one that is written as words.
    pub(crate) fn add_words(&mut self, words: &[&str]) {
        self.add(words.iter().map(|&word| word.to_owned()).collect());
    }

    /// Runs them, the last one first: what went wrong.
    pub(crate) async fn heal(&mut self) -> Vec<String> {
        let mut problems = Vec::new();
        while let Some(command) = self.commands.last() {
            let words: Vec<&str> = command.iter().map(String::as_str).collect();
            if let [program, arguments @ ..] = &words[..]
                && let Err(error) = run(program, arguments, LIMIT).await
            {
                problems.push(format!("not healed: {error:#}"));
            }
            // Only now: whoever stops this program meanwhile gets the rest run, this one again among it.
            self.commands.pop();
        }
        problems
    }
}

impl Drop for Remedies {
    fn drop(&mut self) {
        while let Some(command) = self.commands.pop() {
            let mut bounded = Command::new("timeout");
            bounded.arg(LIMIT.as_secs().to_string()).args(&command).stdin(Stdio::null());
            match bounded.status() {
                Ok(status) if status.success() => {}
                Ok(status) => eprintln!("not healed: {}: {status}", command.join(" ")),
                Err(error) => eprintln!("not healed: {}: {error}", command.join(" ")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn appending(file: &str, text: &str) -> Vec<String> {
        ["sh", "-c", &format!("echo {text} >> {file}")].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn the_last_comes_first_and_a_failure_keeps_none_from_running() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let mut remedies = Remedies::default();
        remedies.add(appending(path, "first"));
        remedies.add_words(&["false"]);
        remedies.add(appending(path, "last"));
        let problems = remedies.heal().await;
        assert_eq!(problems, ["not healed: false : exit status: 1: "]);
        drop(remedies);
        assert_eq!(fs::read_to_string(path).unwrap(), "last\nfirst\n");
    }

    #[test]
    fn what_is_dropped_is_healed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        let mut remedies = Remedies::default();
        remedies.add(appending(path, "healed"));
        drop(remedies);
        assert_eq!(fs::read_to_string(path).unwrap(), "healed\n");
    }
}
