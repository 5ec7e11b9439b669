//! The receiver against a real peer on loopback: UDP, ICE, DTLS, SRTP and SCTP as they are.

#![allow(clippy::unwrap_used, reason = "in a test an error is a failure, in its helpers too")]

mod offerer;
mod wire;

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use ballsession_media::assemble::Assembled;
use ballsession_media::receiver::{
    Answer, ChannelId, Event, Handled, Options, Receiver, ReceiverError, TransportStage,
};
use offerer::{LABEL, Offerer, next_text};
use tokio::sync::mpsc;
use wire::Disguise;

/// No test waits longer for anything; none is expected to come near.
const PATIENCE: Duration = Duration::from_secs(20);

async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("it should have happened by now")
}

fn options() -> Options {
    Options::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
}

/// Takes the frames, as a decoder would.
fn decode(receiver: &Receiver) -> mpsc::UnboundedReceiver<Assembled> {
    let (sender, decoded) = mpsc::unbounded_channel();
    receiver.handle_frames(move |received| {
        // A test that is over takes no more.
        let _ = sender.send(received.frame);
        Handled::Done
    });
    decoded
}

async fn next_state(receiver: &mut Receiver) -> Event {
    soon(receiver.next_event()).await.expect("the receiver has not ended")
}

/// A connected pair, the events up to there, and the report channel.
async fn connect(mut options: Options, rtx: bool) -> (Offerer, Receiver, ChannelId) {
    options.connect_timeout = PATIENCE;
    let offerer = Offerer::new(rtx).await;
    let offer = soon(offerer.offer()).await;
    let Answer { sdp, mut receiver, .. } = Receiver::answer(&offer, options).unwrap();
    // Not anywhere: passwords are random.
    let names_rtx = |line: &str| line.starts_with("a=rtpmap:") && line.to_lowercase().contains("rtx");
    assert!(!sdp.lines().any(names_rtx), "{sdp}");
    offerer.accept(sdp).await;
    soon(offerer.connected()).await;
    assert_eq!(next_state(&mut receiver).await, Event::IceConnected);
    assert_eq!(next_state(&mut receiver).await, Event::Connected);
    let Event::ChannelOpened { channel, label, by_peer: true } = next_state(&mut receiver).await else {
        panic!("the offerer's channel opens next");
    };
    assert_eq!(label, LABEL);
    (offerer, receiver, channel)
}

/// Sends frames that depend on each other until `done`, a few milliseconds apart.
async fn keep_sending(offerer: &mut Offerer, done: impl Fn(&Offerer) -> bool) -> Vec<Assembled> {
    soon(async {
        let mut sent = Vec::new();
        while !done(offerer) {
            sent.push(offerer.send_frame(false, 50).await);
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        sent
    })
    .await
}

fn undecodable(frames: &[Assembled]) -> Vec<Assembled> {
    frames.iter().map(|frame| Assembled::Undecodable { timestamp: frame.timestamp() }).collect()
}

async fn take(decoded: &mut mpsc::UnboundedReceiver<Assembled>, count: usize) -> Vec<Assembled> {
    let mut taken = Vec::new();
    while taken.len() < count {
        taken.push(soon(decoded.recv()).await.expect("the queue has not ended"));
    }
    taken
}

#[tokio::test]
async fn frames_and_texts_arrive_as_they_were_sent() {
    let (mut offerer, mut receiver, channel) = connect(options(), false).await;
    let mut decoded = decode(&receiver);
    let mut sent = vec![offerer.send_frame(true, 20_000).await];
    for len in [1, 700, 1184, 1185, 5000] {
        sent.push(offerer.send_frame(false, len).await);
    }
    assert_eq!(take(&mut decoded, sent.len()).await, sent);
    assert_eq!(next_state(&mut receiver).await, Event::FirstPacket);

    assert!(receiver.channel_sender().send(channel, "a report".to_owned()));
    assert_eq!(soon(offerer.text()).await, "a report");
    offerer.channel.send_text("Server").await.unwrap();
    assert_eq!(next_state(&mut receiver).await, Event::Message { channel, text: "Server".to_owned() });

    let stats = receiver.stats();
    assert_eq!((stats.frames, stats.undecodable, stats.overruns), (6, 0, 0));
    soon(receiver.close()).await;
    assert_eq!(soon(decoded.recv()).await, None);
    offerer.close().await;
}

#[tokio::test]
async fn a_lost_packet_is_asked_for_and_repaired() {
    // An offer of RTX is answered without, so both repeat packets in the stream itself.
    for rtx in [false, true] {
        let mut options = options();
        options.assembly.gap_timeout = PATIENCE;
        let (mut offerer, receiver, _) = connect(options, rtx).await;
        let mut decoded = decode(&receiver);
        let mut sent = vec![offerer.send_frame(true, 5000).await];
        let (lost, frame) = offerer.lose_frame(true).await;
        sent.push(frame);
        sent.push(offerer.send_frame(false, 100).await);
        assert_eq!(take(&mut decoded, sent.len()).await, sent);
        assert!(offerer.wire.record().asked_for.contains(&lost));
        assert_eq!(offerer.wire.record().repeated[0], lost);
        assert_eq!(offerer.wire.record().keyframe_requests, 0);
        let stats = receiver.stats();
        // It may come again once more than it has to.
        assert!(stats.lost <= 0 && stats.nack_packets >= 1, "{stats:?}");
        assert_eq!(stats.repaired, 1);
        receiver.close().await;
        offerer.close().await;
    }
}

#[tokio::test]
async fn a_loss_beyond_repair_costs_the_frames_up_to_the_keyframe_that_is_asked_for() {
    let (mut offerer, receiver, _) = connect(options(), false).await;
    let mut decoded = decode(&receiver);
    let first = offerer.send_frame(true, 5000).await;
    let (lost, _) = offerer.lose_frame(false).await;
    let dependent = keep_sending(&mut offerer, |offerer| offerer.wire.record().keyframe_requests > 0).await;
    let keyframe = offerer.send_frame(true, 5000).await;
    let last = offerer.send_frame(false, 10).await;

    let mut expected = vec![first];
    expected.extend(undecodable(&dependent));
    expected.extend([keyframe, last]);
    assert_eq!(take(&mut decoded, expected.len()).await, expected);
    assert!(offerer.wire.record().asked_for.iter().filter(|asked| **asked == lost).count() > 1);
    let stats = receiver.stats();
    assert_eq!((stats.undecodable, stats.lost, stats.repaired), (dependent.len() as u64, 1, 0));
    receiver.close().await;
    offerer.close().await;
}

/// P19: it was ignored, and no frame came any more.
#[tokio::test]
async fn a_source_that_changes_in_mid_stream_is_followed_from_its_next_keyframe_on() {
    let (mut offerer, receiver, _) = connect(options(), false).await;
    let mut decoded = decode(&receiver);
    let first = offerer.send_frame(true, 5000).await;
    assert_eq!(take(&mut decoded, 1).await, [first]);

    // Sequence numbers close to those before, so that these alone would tell nothing.
    offerer.wire.record().disguise =
        Some(Disguise { ssrc: Some(7), sequence_offset: 3, ..Disguise::default() });
    let dependent = keep_sending(&mut offerer, |offerer| offerer.wire.record().keyframe_requests > 0).await;
    let mut sent = vec![offerer.send_frame(true, 5000).await];
    sent.extend([offerer.send_frame(false, 700).await, offerer.send_frame(false, 10).await]);
    let received = soon(async {
        let mut received = Vec::new();
        while received.last() != sent.last() {
            received.push(decoded.recv().await.expect("the queue has not ended"));
        }
        received
    })
    .await;
    assert!(received.ends_with(&sent), "{received:?}");
    let before = &received[..received.len() - sent.len()];
    assert!(undecodable(&dependent).ends_with(before), "{before:?}");
    let stats = receiver.stats();
    assert!(stats.foreign > 0 && stats.keyframes_requested > 0, "{stats:?}");
    receiver.close().await;
    offerer.close().await;
}

/// P19: they were read as VP8.
#[tokio::test]
async fn packets_of_another_payload_type_are_none_of_the_video() {
    let (mut offerer, receiver, _) = connect(options(), false).await;
    let mut decoded = decode(&receiver);
    let first = offerer.send_frame(true, 5000).await;
    assert!(take(&mut decoded, 1).await == [first]);
    offerer.wire.record().disguise = Some(Disguise { payload_type: Some(111), ..Disguise::default() });
    for _ in 0..5 {
        offerer.send_frame(true, 100).await;
    }
    // Packets leave a little after they are sent.
    soon(async {
        while receiver.stats().foreign < 5 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
    offerer.wire.record().disguise = None;
    let sent = [offerer.send_frame(false, 100).await, offerer.send_frame(false, 100).await];
    assert_eq!(take(&mut decoded, sent.len()).await, sent);
    let stats = receiver.stats();
    assert_eq!((stats.foreign, stats.lost, stats.undecodable), (5, 0, 0), "{stats:?}");
    receiver.close().await;
    offerer.close().await;
}

#[tokio::test]
async fn a_decoder_that_falls_behind_loses_frames_and_starts_again_at_a_keyframe() {
    let (mut offerer, receiver, _) = connect(Options { queued_frames: 3, ..options() }, false).await;
    let (mut decoded, release) = busy_decoder(&receiver);
    let mut sent = vec![offerer.send_frame(true, 5000).await];
    assert_eq!(take(&mut decoded, 1).await, sent);
    for _ in 0..8 {
        sent.push(offerer.send_frame(false, 50).await);
    }
    // All of it is in the receiver's socket by then.
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(release);
    sent.extend(keep_sending(&mut offerer, |offerer| offerer.wire.record().keyframe_requests > 0).await);
    let kept = sent.iter().take(4).cloned();
    let expected: Vec<Assembled> = kept.chain(undecodable(&sent[4..])).skip(1).collect();
    assert_eq!(take(&mut decoded, expected.len()).await, expected);
    let expected = vec![offerer.send_frame(true, 5000).await, offerer.send_frame(false, 10).await];
    assert_eq!(take(&mut decoded, 2).await, expected);
    assert_eq!(receiver.stats().overruns, 1);
    receiver.close().await;
    offerer.close().await;
}

/// A decoder that is busy with the first frame until what is returned is dropped.
fn busy_decoder(receiver: &Receiver) -> (mpsc::UnboundedReceiver<Assembled>, std::sync::mpsc::Sender<()>) {
    let (sender, decoded) = mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    receiver.handle_frames(move |received| {
        let _ = sender.send(received.frame);
        let _ = released.recv();
        Handled::Done
    });
    (decoded, release)
}

#[tokio::test]
async fn a_busy_decoder_holds_up_no_more_than_its_frames() {
    let (mut offerer, mut receiver, channel) = connect(options(), false).await;
    let (mut decoded, release) = busy_decoder(&receiver);
    let mut sent = vec![offerer.send_frame(true, 5000).await];
    assert_eq!(take(&mut decoded, 1).await, sent);
    assert_eq!(next_state(&mut receiver).await, Event::FirstPacket);
    sent.push(offerer.send_frame(false, 100).await);
    assert!(receiver.channel_sender().send(channel, "meanwhile".to_owned()));
    offerer.channel.send_text("and back").await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    drop(release);
    assert_eq!(soon(offerer.text()).await, "meanwhile");
    assert_eq!(next_state(&mut receiver).await, Event::Message { channel, text: "and back".to_owned() });
    assert_eq!(take(&mut decoded, 1).await, sent[1..]);
    receiver.close().await;
    offerer.close().await;
}

/// How late a decoder is counts from when a frame was there, not from when somebody looked.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_frame_that_came_while_the_decoder_was_busy_was_complete_when_it_came() {
    let (mut offerer, receiver, _) = connect(options(), false).await;
    let (sender, mut waited) = mpsc::unbounded_channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    receiver.handle_frames(move |received| {
        let _ = sender.send(received.complete.elapsed());
        // Busy until it is told; at the end nobody tells.
        let _ = released.recv();
        Handled::Done
    });
    offerer.send_frame(true, 500).await;
    soon(waited.recv()).await.unwrap();
    let began = Instant::now();
    offerer.send_frame(false, 500).await;
    let sent = Instant::now();
    tokio::time::sleep(Duration::from_millis(300)).await;
    // It leaves within the half of that.
    let least = sent.elapsed() / 2;
    release.send(()).unwrap();
    let waited = soon(waited.recv()).await.unwrap();
    assert!((least..began.elapsed()).contains(&waited), "{waited:?} of {least:?} to {:?}", began.elapsed());
    drop(release);
    receiver.close().await;
    offerer.close().await;
}

#[tokio::test]
async fn a_decoder_that_fails_gets_a_keyframe() {
    let (mut offerer, receiver, _) = connect(options(), false).await;
    let (sender, mut decoded) = mpsc::unbounded_channel();
    let mut is_first = true;
    receiver.handle_frames(move |received| {
        let _ = sender.send(received.frame);
        if std::mem::take(&mut is_first) { Handled::Lost } else { Handled::Done }
    });
    let sent = offerer.send_frame(true, 5000).await;
    assert_eq!(take(&mut decoded, 1).await, [sent]);
    let dependent = keep_sending(&mut offerer, |offerer| offerer.wire.record().keyframe_requests > 0).await;
    let keyframe = offerer.send_frame(true, 5000).await;
    let mut expected = undecodable(&dependent);
    expected.push(keyframe);
    assert_eq!(take(&mut decoded, expected.len()).await, expected);
    receiver.close().await;
    offerer.close().await;
}

#[tokio::test]
async fn a_decoder_that_panics_ends_the_session_and_says_so() {
    let (mut offerer, mut receiver, _) = connect(options(), false).await;
    receiver.handle_frames(|_| panic!("a decoder's fault"));
    offerer.send_frame(true, 500).await;
    assert_eq!(next_state(&mut receiver).await, Event::FirstPacket);
    assert_eq!(soon(receiver.next_event()).await, None);
    assert!(!soon(receiver.close()).await);
    offerer.close().await;
}

#[tokio::test]
async fn a_channel_can_be_opened_from_here() {
    let (offerer, mut receiver, _) = connect(options(), false).await;
    let sender = receiver.channel_sender();
    assert!(sender.open("chat"));
    let Event::ChannelOpened { channel, label, by_peer: false } = next_state(&mut receiver).await else {
        panic!("our channel opens next");
    };
    assert_eq!(label, "chat");
    assert!(sender.send(channel, "(1, 2)".to_owned()));
    let peers = soon(offerer.peer_channel()).await;
    assert_eq!(soon(next_text(&*peers)).await, "(1, 2)");
    peers.close().await.unwrap();
    assert_eq!(next_state(&mut receiver).await, Event::ChannelClosed { channel });
    receiver.close().await;
    assert!(!sender.send(channel, "too late".to_owned()));
    offerer.close().await;
}

#[tokio::test]
async fn the_first_stage_that_does_not_work_is_named() {
    let hurried = Options { connect_timeout: Duration::from_millis(300), ..options() };
    // An answer that never arrives.
    let offerer = Offerer::new(false).await;
    let offer = soon(offerer.offer()).await;
    let mut receiver = Receiver::answer(&offer, hurried).unwrap().receiver;
    assert_eq!(next_state(&mut receiver).await, Event::Failed { stage: TransportStage::Ice });
    assert_eq!(soon(receiver.next_event()).await, None);
    offerer.close().await;

    // A certificate that is not the one of the offer.
    let offerer = Offerer::new(false).await;
    let offer = soon(offerer.offer()).await;
    let forged: Vec<String> = offer
        .lines()
        .map(|line| match line.split_once("sha-256 ") {
            Some((name, fingerprint)) => {
                format!("{name}sha-256 {}", fingerprint.replace(['0', '1', '2', '3'], "F"))
            }
            None => line.to_owned(),
        })
        .collect();
    let patient = Options { connect_timeout: Duration::from_secs(2), ..options() };
    let answer = Receiver::answer(&forged.join("\r\n"), patient).unwrap();
    let mut receiver = answer.receiver;
    offerer.accept(answer.sdp).await;
    assert_eq!(next_state(&mut receiver).await, Event::IceConnected);
    assert_eq!(next_state(&mut receiver).await, Event::Failed { stage: TransportStage::Dtls });
    offerer.close().await;
}

#[tokio::test]
async fn a_peer_that_closes_takes_its_channel_along() {
    let (offerer, mut receiver, channel) = connect(options(), false).await;
    offerer.close().await;
    assert_eq!(next_state(&mut receiver).await, Event::ChannelClosed { channel });
    receiver.close().await;
}

#[tokio::test]
async fn an_address_that_is_not_ours_is_an_error() {
    let offer = soon(Offerer::new(false).await.offer()).await;
    let foreign = Options::new(vec!["192.0.2.1".parse().unwrap()]);
    let error = Receiver::answer(&offer, foreign).unwrap_err();
    assert!(matches!(error, ReceiverError::Bind { .. }), "{error}");
    let error = Receiver::answer(&offer, Options::new(Vec::new())).unwrap_err();
    assert!(error.to_string().starts_with("no address for media"), "{error}");
}

#[tokio::test]
async fn a_receiver_that_is_closed_or_dropped_leaves_nothing_running() {
    let (offerer, receiver, _) = connect(options(), false).await;
    let mut decoded = decode(&receiver);
    assert!(soon(receiver.close()).await);
    assert_eq!(soon(decoded.recv()).await, None);
    offerer.close().await;

    let (offerer, receiver, _) = connect(options(), false).await;
    let mut decoded = decode(&receiver);
    drop(receiver);
    assert_eq!(soon(decoded.recv()).await, None);
    offerer.close().await;
}
