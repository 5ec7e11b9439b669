//! The user's own rights, by what each command needs.

use crate::doctor::check::{Check, Level, Read};

/// Something that is asked of the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Right {
    /// What needs it.
    command: Command,
    pub(crate) verb: &'static str,
    pub(crate) group: &'static str,
    pub(crate) resource: &'static str,
    pub(crate) subresource: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Read,
    Run,
    Open,
    Gather,
}

const fn sessions(command: Command, verb: &'static str) -> Right {
    Right { command, verb, group: "ballsession.dev", resource: "ballsessions", subresource: None }
}

const fn core(
    command: Command,
    verb: &'static str,
    resource: &'static str,
    subresource: Option<&'static str>,
) -> Right {
    Right { command, verb, group: "", resource, subresource }
}

/// All that is asked.
pub(crate) const RIGHTS: [Right; 12] = [
    sessions(Command::Read, "get"),
    sessions(Command::Read, "list"),
    sessions(Command::Read, "watch"),
    sessions(Command::Run, "create"),
    sessions(Command::Run, "delete"),
    core(Command::Open, "list", "pods", None),
    // By WebSocket it is a get, which newer API servers take from those alone who may create as well.
    core(Command::Open, "get", "pods", Some("portforward")),
    core(Command::Open, "create", "pods", Some("portforward")),
    core(Command::Gather, "list", "pods", None),
    core(Command::Gather, "get", "pods", Some("log")),
    core(Command::Gather, "list", "events", None),
    core(Command::Gather, "list", "nodes", None),
];

impl Right {
    fn name(self) -> String {
        let Self { verb, resource, subresource, .. } = self;
        subresource.map_or_else(|| format!("{verb} {resource}"), |part| format!("{verb} {resource}/{part}"))
    }
}

/// A line for each command; `allowed` are the answers to [`RIGHTS`].
pub(crate) fn rights(allowed: &Read<Vec<bool>>, namespace: &str) -> Vec<Check> {
    const SUBJECT: &str = "rights";
    let allowed = match allowed {
        Ok(allowed) => allowed,
        Err(error) => return vec![Check::unread(SUBJECT, error)],
    };
    let viewer = "ask for the role view, or bind ClusterRole ballsession-viewer";
    let editor = "ask for the role edit, or bind ClusterRole ballsession-editor";
    let commands = [
        (Command::Read, "status, wait, report, diff", Level::Fail, viewer),
        (Command::Run, "run", Level::Warn, editor),
        (Command::Open, "open", Level::Warn, "ask for the role edit"),
        (Command::Gather, "gather", Level::Warn, "what is missing is left out of the archive"),
    ];
    let line = |(command, name, level, advice)| {
        let missing: Vec<String> = RIGHTS
            .iter()
            .zip(allowed)
            .filter(|(right, allowed)| right.command == command && !**allowed)
            .map(|(right, _)| right.name())
            .collect();
        if missing.is_empty() {
            return Check::ok(SUBJECT, format!("{name}: all that is needed in namespace {namespace}"));
        }
        let finding = format!("{name}: you may not {} in namespace {namespace}", missing.join(", "));
        if level == Level::Fail {
            Check::fail(SUBJECT, finding, advice)
        } else {
            Check::warn(SUBJECT, finding, advice)
        }
    };
    commands.map(line).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_names_what_it_lacks() {
        let all = rights(&Ok(vec![true; RIGHTS.len()]), "docks");
        assert!(all.iter().all(|check| check.level == Level::Ok), "{all:?}");
        let mut few = vec![true; RIGHTS.len()];
        (few[2], few[4], few[7]) = (false, false, false);
        let checks = rights(&Ok(few), "docks");
        assert_eq!(
            checks.iter().map(|check| check.level).collect::<Vec<_>>(),
            [Level::Fail, Level::Warn, Level::Warn, Level::Ok]
        );
        assert!(
            checks[0].finding.starts_with(
                "status, wait, report, diff: you may not watch ballsessions in namespace docks: "
            )
        );
        assert!(checks[2].finding.contains("create pods/portforward"));
    }
}
