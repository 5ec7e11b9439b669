//! The client's threads: one that receives, one that decodes.

use std::net::IpAddr;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use media::receiver::{Answer, ChannelId, Event, FrameReceiver, Options, Receiver};
use tokio::sync::oneshot;

use super::frame_cost::FrameCost;

/// The thread that receives: a runtime of its own, as in the client.
pub(super) const RECEIVER: &str = "receiver";
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

type Costs = anyhow::Result<Vec<FrameCost>>;

/// A client that answered an offer and reports frames once its channel is open.
pub(super) struct Client {
    answer: String,
    stop: oneshot::Sender<()>,
    receiver: JoinHandle<anyhow::Result<()>>,
    decode_thread: JoinHandle<Costs>,
}

/// What the receiving thread hands out once the offer is answered.
struct Ready {
    answer: String,
    frames: FrameReceiver,
    report: Box<dyn Fn(String) + Send>,
}

impl Client {
    /// Answers `offer` and hands `decode` the frames, and the means to report them, on a thread of its own.
    pub(super) fn start(
        offer: String,
        address: IpAddr,
        decode: impl FnOnce(FrameReceiver, Box<dyn Fn(String) + Send>) -> Costs + Send + 'static,
    ) -> anyhow::Result<Self> {
        let (stop, stopped) = oneshot::channel();
        let (ready, answered) = channel();
        let receiver = std::thread::Builder::new().name(RECEIVER.into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(receive(offer, address, &ready, stopped))
        })?;
        let Ready { answer, frames, report } =
            answered.recv_timeout(ANSWER_LIMIT).context("the offer was not answered")?;
        let decode_thread =
            std::thread::Builder::new().name("decode".into()).spawn(move || decode(frames, report))?;
        Ok(Self { answer, stop, receiver, decode_thread })
    }

    /// The SDP answer.
    pub(super) fn answer(&self) -> &str {
        &self.answer
    }

    /// Ends both threads: what each frame took.
    pub(super) fn close(self) -> Costs {
        drop(self.stop);
        self.receiver.join().map_err(|_| anyhow!("the receiving thread panicked"))??;
        self.decode_thread.join().map_err(|_| anyhow!("the decode thread panicked"))?
    }
}

async fn receive(
    offer: String,
    address: IpAddr,
    ready: &Sender<Ready>,
    mut stopped: oneshot::Receiver<()>,
) -> anyhow::Result<()> {
    let Answer { sdp, mut receiver, frames } = Receiver::answer(&offer, Options::new(vec![address])).await?;
    let open: Arc<OnceLock<ChannelId>> = Arc::default();
    let (sender, channel) = (receiver.channel_sender(), Arc::clone(&open));
    let report = move |text| {
        if let Some(channel) = channel.get() {
            sender.send(*channel, text);
        }
    };
    // Whoever asked has waited for it; if not, the session ends with its sender.
    let _ = ready.send(Ready { answer: sdp, frames, report: Box::new(report) });
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
    receiver.close().await;
    Ok(())
}
