//! All that a load needs: the operator, pods that become ready, and whoever reports in their name.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Result;
use tokio::sync::mpsc;

use super::arguments::Arguments;
use super::endpoint::Endpoint;
use super::kubelet;
use super::operator::Operator;
use super::reporters::Reporters;
use super::statuses::Statuses;
use super::world::World;

/// Where it all happens.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) operator: Operator,
    pub(super) statuses: Arc<Statuses>,
    pub(super) reporters: Reporters,
    /// Where the operator's log is.
    pub(super) folder: tempfile::TempDir,
}

impl Stage {
    /// One for sessions of so many numbers, of which there are none yet.
    pub(super) async fn begin(arguments: &Arguments, numbers: u32) -> Result<Self> {
        let patience = arguments.patience;
        let program = arguments.operator.clone().map_or_else(beside_this_program, Ok)?;
        let world = World::create().await?;
        let folder = tempfile::tempdir()?;
        let operator = Operator::start(&program, &world, folder.path(), patience).await?;
        let statuses = Arc::new(Statuses::default());
        tokio::spawn({
            let (statuses, sessions) = (Arc::clone(&statuses), world.api());
            async move { statuses.follow(sessions).await }
        });
        let name = format!("ballsession-operator.{}.svc", world.scratch.name);
        let endpoint = Endpoint::new(operator.reports, name, &world.authorities(patience).await?)?;
        let reporters = Reporters::new(world.client.clone(), endpoint, Arc::clone(&statuses), numbers);
        let (ready, mut pods_ready) = mpsc::unbounded_channel();
        tokio::spawn(kubelet::play(world.api(), ready));
        tokio::spawn({
            let reporters = reporters.clone();
            async move {
                while let Some(pod) = pods_ready.recv().await {
                    reporters.report_for(pod);
                }
            }
        });
        Ok(Self { world, operator, statuses, reporters, folder })
    }
}

fn beside_this_program() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    Ok(this.with_file_name("ballsession-operator"))
}
