//! The client's thread, which receives and decodes, and one that follows what happens to the connection.

use std::net::IpAddr;
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;

use anyhow::anyhow;
use media::assemble::Assembled;
use media::receiver::{Answer, ChannelId, Event, Handled, Options, Receiver};
use tokio::sync::oneshot;

/// A client that answered an offer and reports frames once its channel is open.
pub(super) struct Client {
    answer: String,
    stop: oneshot::Sender<()>,
    followed: JoinHandle<anyhow::Result<()>>,
}

impl Client {
    /// Answers `offer`, and has `decode` take the frames on the thread that receives them; it answers with the report.
    pub(super) fn start(
        offer: &str,
        address: IpAddr,
        mut decode: impl FnMut(Assembled) -> Option<String> + Send + 'static,
    ) -> anyhow::Result<Self> {
        let Answer { sdp, receiver, .. } = Receiver::answer(offer, Options::new(vec![address]))?;
        let open: Arc<OnceLock<ChannelId>> = Arc::default();
        let (sender, channel) = (receiver.channel_sender(), Arc::clone(&open));
        receiver.handle_frames(move |received| {
            if let (Some(report), Some(channel)) = (decode(received.frame), channel.get()) {
                sender.send(*channel, report);
            }
            Handled::Done
        });
        let (stop, stopped) = oneshot::channel();
        let followed = std::thread::Builder::new().name("events".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(follow(receiver, &open, stopped))
        })?;
        Ok(Self { answer: sdp, stop, followed })
    }

    /// The SDP answer.
    pub(super) fn answer(&self) -> &str {
        &self.answer
    }

    /// Ends the connection.
    pub(super) fn close(self) -> anyhow::Result<()> {
        drop(self.stop);
        self.followed.join().map_err(|_| anyhow!("the thread that follows the connection panicked"))?
    }
}

async fn follow(
    mut receiver: Receiver,
    open: &OnceLock<ChannelId>,
    mut stopped: oneshot::Receiver<()>,
) -> anyhow::Result<()> {
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            event = receiver.next_event() => match event {
                Some(Event::ChannelOpened { channel, .. }) => { open.get_or_init(|| channel); }
                Some(Event::Failed { stage }) => anyhow::bail!("the session failed: {stage:?}"),
                Some(_) => {}
                None => break,
            },
        }
    }
    anyhow::ensure!(receiver.close().await, "decoding panicked");
    Ok(())
}
