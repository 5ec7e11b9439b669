//! From an empty namespace to the outcome.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::alone;
use super::arguments::Arguments;
use super::operator::Operator;
use super::outcome::{Outcome, Window};
use super::reporters::Reporters;
use super::stage::Stage;
use super::statuses::Statuses;
use super::storm::storm;
use super::usage;
use super::world::eventually;
use crate::statistics::{Summary, summary};

/// After the last session works, what was put off for a minute is still to be written.
const SETTLING: Duration = Duration::from_secs(70);
/// So many sessions breach their objectives, at moments within this time.
const BREACHES: u32 = 200;
const BREACHES_WITHIN: Duration = Duration::from_secs(60);
/// After the last post: silence is noticed after 30 s, and two minutes later it is said that waiting does not help, of a thousand
/// sessions in another 20 s each.
const SILENCE: Duration = Duration::from_secs(200);

/// Runs to its end: the outcome is JSON on stdout, and lines on stderr say how far it is.
///
/// # Errors
/// Where something does not come within its time.
pub fn run(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let outcome = match arguments.storm {
        true => serde_json::to_string_pretty(&runtime.block_on(storm(arguments))?)?,
        false => serde_json::to_string_pretty(&runtime.block_on(load(arguments))?)?,
    };
    println!("{outcome}");
    Ok(())
}

async fn load(arguments: &Arguments) -> Result<Outcome> {
    let Arguments { sessions, patience, window, .. } = *arguments;
    let Stage { world, operator, statuses, reporters, folder: _folder } =
        Stage::begin(arguments, sessions).await?;
    eprintln!("creating {sessions} sessions");
    let creating = world.create_sessions(sessions).await?;
    let created = Instant::now();
    let mut said = Instant::now();
    let converged = eventually(patience, "all sessions work", async || {
        let progress = statuses.progress(sessions);
        if said.elapsed() > Duration::from_secs(30) {
            said = Instant::now();
            eprintln!(
                "{} s after the last creation: {:?} posts",
                created.elapsed().as_secs(),
                reporters.posts()
            );
        }
        Ok((|| Some((progress.conditions?, progress.ready?, progress.met?)))())
    });
    let (conditions, all_ready, met) =
        converged.await.with_context(|| format!("the operator says: {}", operator.last_words()))?;
    let since = |at: Instant| at.saturating_duration_since(created).as_secs_f64();
    let (resident_megabytes, _) = usage::memory(operator.pid())?;
    eprintln!("all sessions work, {:.0} s after the last creation; {resident_megabytes:.0} MB", since(met));

    tokio::time::sleep(SETTLING).await;
    let streaming = count(&operator, &reporters, window).await?;
    eprintln!("{} writes in {:.0} s while all report", streaming.writes, streaming.seconds);
    let breach_seconds = breaches(&reporters, &statuses, sessions, patience).await?;
    reporters.stop();
    tokio::time::sleep(SILENCE).await;
    let idle = count(&operator, &reporters, window).await?;
    eprintln!("{} writes in {:.0} s while nobody does", idle.writes, idle.seconds);
    let (resident_at_end_megabytes, peak_megabytes) = usage::memory(operator.pid())?;
    drop(operator);

    let alone_seconds = match arguments.without_baseline {
        true => None,
        false => {
            eprintln!("making the same objects without an operator");
            Some(alone::measure(&world, sessions, patience).await?.as_secs_f64())
        }
    };
    world.scratch.delete().await;
    Ok(Outcome {
        sessions,
        creating_seconds: creating.as_secs_f64(),
        conditions_seconds: since(conditions),
        ready_seconds: since(all_ready),
        met_seconds: since(met),
        alone_seconds,
        resident_megabytes,
        resident_at_end_megabytes,
        peak_megabytes,
        first_post_seconds: seconds(&statuses.first_posts()),
        breach_seconds,
        streaming,
        idle,
    })
}

/// What happens in a window.
async fn count(operator: &Operator, reporters: &Reporters, window: Duration) -> Result<Window> {
    let begun = Instant::now();
    let (posts, series, used) =
        (reporters.posts(), operator.series().await?, usage::processor(operator.pid())?);
    tokio::time::sleep(window).await;
    let (seconds, used) =
        (begun.elapsed().as_secs_f64(), usage::processor(operator.pid())?.saturating_sub(used));
    let (posts_after, after) = (reporters.posts(), operator.series().await?);
    let writes = after.writes()?.saturating_sub(series.writes()?);
    Ok(Window {
        seconds,
        posts: posts_after.0 - posts.0,
        refused: posts_after.1 - posts.1,
        writes,
        reads: after.reads()?.saturating_sub(series.reads()?),
        writes_per_minute: writes as f64 * 60.0 / seconds,
        cpu_percent: used.as_secs_f64() * 100.0 / seconds,
    })
}

/// Has sessions breach their objectives, one after the other. From the post until it is seen.
async fn breaches(
    reporters: &Reporters,
    statuses: &Statuses,
    sessions: u32,
    patience: Duration,
) -> Result<Option<Summary>> {
    let breaches = BREACHES.min(sessions);
    for session in 0..breaches {
        reporters.turn(session, true);
        tokio::time::sleep(BREACHES_WITHIN / breaches).await;
    }
    eventually(patience, "all breaches are seen", async || {
        let (seen, waiting) = statuses.breaches();
        Ok((waiting == 0 && seen.len() == breaches as usize).then_some(()))
    })
    .await?;
    for session in 0..breaches {
        reporters.turn(session, false);
    }
    Ok(seconds(&statuses.breaches().0))
}

fn seconds(times: &[Duration]) -> Option<Summary> {
    summary(times.iter().map(Duration::as_secs_f64).collect())
}
