//! A peer that speaks ICE, DTLS and SCTP one message at a time, so that it can say what no library would let it.
//! It panics where a step does not come about within [`WAIT_LIMIT`].

mod feedback;
mod ice;
mod media;
mod sctp;
mod sdp;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::wait::WAIT_LIMIT;
use rtc::crypto::RTCCryptoProvider;
use rtc::dtls::config::{ConfigBuilder, ExtendedMasterSecretType};
use rtc::dtls::crypto::Certificate;
use rtc::dtls::endpoint::{Endpoint, EndpointEvent};
use rtc::dtls::extension::extension_use_srtp::SrtpProtectionProfile;
use rtc::shared::TransportProtocol;

pub use feedback::{nack_flood, picture_loss};
use ice::{Ice, Received};
use media::Media;
use sctp::Association;

/// How long a step waits for a datagram.
const STEP: Duration = Duration::from_millis(10);

/// Datagrams that are taken in at once, so that a flood does not keep it from its own ones.
const TURN: usize = 256;

/// It is the DTLS client, as it begins with everything.
pub struct ByHand {
    socket: UdpSocket,
    provider: Arc<dyn RTCCryptoProvider>,
    certificate: Certificate,
    ice: Ice,
    dtls: Endpoint,
    /// Where DTLS goes, once ICE has found a way.
    remote: Option<SocketAddr>,
    association: Association,
    begins_sctp: bool,
    has_keys: bool,
    /// What encrypts RTCP, once there are keys.
    media: Option<Media>,
    /// The SSRC of the other side's video.
    media_ssrc: u32,
}

impl ByHand {
    /// A peer whose first SCTP chunk of data has this transmission sequence number.
    pub fn new(first_tsn: u32) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(STEP)).unwrap();
        let provider = rtc::crypto::default_provider().unwrap();
        let names = vec!["by-hand".to_owned()];
        let certificate = Certificate::generate_self_signed(names, provider.crypto()).unwrap();
        let dtls = Endpoint::new(socket.local_addr().unwrap(), TransportProtocol::UDP, None);
        let ice = Ice::new(Arc::clone(&provider));
        let association = Association::new(first_tsn);
        Self {
            socket,
            provider,
            certificate,
            ice,
            dtls,
            remote: None,
            association,
            begins_sctp: true,
            has_keys: false,
            media: None,
            media_ssrc: 0,
        }
    }

    /// Answers a server's offer.
    pub fn answer(&mut self, offer: &str) -> String {
        self.ice.is_controlled_by(sdp::credentials(offer));
        self.media_ssrc = sdp::ssrc(offer);
        sdp::answer(offer, &self.description())
    }

    /// Offers video, without having any.
    pub fn offer(&self) -> String {
        sdp::offer(&self.description())
    }

    /// Takes a client's answer to the offer.
    pub fn accept(&mut self, answer: &str) {
        self.ice.controls(sdp::credentials(answer));
    }

    fn description(&self) -> sdp::Description {
        let certificate = self.certificate.certificate[0].as_ref();
        sdp::Description {
            address: self.socket.local_addr().unwrap(),
            credentials: ice::OURS,
            fingerprint: sdp::fingerprint(certificate, self.provider.crypto()),
        }
    }

    /// It says that it may give up on what it has sent (RFC 3758).
    pub fn announce_forward_tsn(&mut self) {
        self.association.announce_forward_tsn();
    }

    /// It waits for the other side to begin SCTP.
    pub fn never_begin_sctp(&mut self) {
        self.begins_sctp = false;
    }

    /// Goes on until DTLS is up.
    pub fn connect_dtls(&mut self) {
        self.run_until("DTLS", |peer| peer.has_keys);
    }

    /// Goes on until SCTP is up.
    pub fn connect(&mut self) {
        self.run_until("an SCTP association", |peer| peer.association.is_established());
    }

    /// Opens a channel.
    pub fn open_channel(&mut self, label: &str) {
        let packet = self.association.open_channel(label);
        self.send(&packet);
    }

    /// Sends text over the channel.
    pub fn say(&mut self, text: &str) {
        let packet = self.association.text(text);
        self.send(&packet);
    }

    /// Sends a chunk as it is.
    pub fn send_chunk(&mut self, chunk: &[u8]) {
        let packet = self.association.packet(chunk);
        self.send(&packet);
    }

    /// Sends chunks as they are, with a wrong tag or checksum if wanted; false once the session is over.
    pub fn send_chunks(&mut self, chunks: &[u8], wrong_tag: bool, wrong_checksum: bool) -> bool {
        let packet = self.association.damaged_packet(chunks, wrong_tag, wrong_checksum);
        let sent = self.dtls.write(Instant::now(), self.remote.unwrap(), &packet).is_ok();
        self.flush();
        sent
    }

    /// Sends RTCP; what has no header at all is left out.
    pub fn send_rtcp(&mut self, packet: &[u8]) -> bool {
        if let Some(encrypted) = self.media.as_mut().and_then(|media| media.encrypt(packet)) {
            self.socket.send_to(&encrypted, self.remote.unwrap()).unwrap();
        }
        true
    }

    /// Sends a datagram as it is, signed and encrypted by nobody.
    pub fn send_datagram(&self, datagram: &[u8]) {
        self.socket.send_to(datagram, self.remote.unwrap()).unwrap();
    }

    /// Sends a probe of the path's MTU of about so many bytes.
    pub fn send_probe(&self, bytes: usize) {
        self.send_datagram(&self.ice.probe(bytes));
    }

    /// How many of its own messages of ICE were answered.
    pub fn answers(&self) -> u64 {
        self.ice.answers()
    }

    /// Where the other side's media is.
    ///
    /// # Panics
    /// Where no way has been found to it.
    pub fn remote(&self) -> SocketAddr {
        self.remote.unwrap()
    }

    /// The SSRC of the other side's video.
    pub fn media_ssrc(&self) -> u32 {
        self.media_ssrc
    }

    /// The transmission sequence number that was acknowledged last.
    pub fn last_received(&self) -> u32 {
        self.association.last_received()
    }

    /// Takes in a datagram, if one comes soon.
    pub fn take_what_came(&mut self) {
        self.socket.set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        self.step();
    }

    /// Takes in what has come, up to some hundred datagrams, without waiting for more.
    pub fn take_all_that_came(&mut self) {
        self.socket.set_nonblocking(true).unwrap();
        (0..TURN).all(|_| self.step());
        self.socket.set_nonblocking(false).unwrap();
    }

    /// Goes on until all that was sent is acknowledged.
    pub fn run_until_acknowledged(&mut self) {
        self.run_until("an acknowledgement", |peer| peer.association.is_acknowledged());
    }

    /// The transmission sequence number of the next chunk of data.
    pub fn next_tsn(&self) -> u32 {
        self.association.next_tsn()
    }

    /// Goes on until `wanted` is the case.
    pub fn run_until(&mut self, what: &str, mut wanted: impl FnMut(&mut Self) -> bool) {
        let deadline = Instant::now() + WAIT_LIMIT;
        while !wanted(self) {
            assert!(Instant::now() < deadline, "no {what}");
            self.step();
        }
    }

    /// Takes in a datagram, if one comes, and answers it. Whether one came.
    fn step(&mut self) -> bool {
        // As long as any probe of the path's MTU.
        let mut buffer = [0; 9216];
        let received = self.socket.recv_from(&mut buffer);
        if let Ok((length, from)) = received {
            // RFC 7983, section 7; what is left is media.
            match buffer[0] {
                0..=3 => self.take_stun(&buffer[..length], from),
                20..=63 => self.take_dtls(&buffer[..length], from),
                _ => {}
            }
        }
        let now = Instant::now();
        if let Some(remote) = self.remote {
            // Fails once the other side has closed it.
            let _ = self.dtls.handle_timeout(remote, now);
            if let Some(packet) = self.association.repeat(now) {
                self.send(&packet);
            }
        }
        self.flush();
        received.is_ok()
    }

    fn take_stun(&mut self, data: &[u8], from: SocketAddr) {
        let Received { replies, is_nominated } = self.ice.take(data, from);
        for reply in replies {
            self.socket.send_to(&reply, from).unwrap();
        }
        if is_nominated && self.remote.is_none() {
            self.remote = Some(from);
            let config = ConfigBuilder::default()
                .with_crypto_provider(Arc::clone(&self.provider))
                .with_certificates(vec![self.certificate.clone()])
                .with_srtp_protection_profiles(vec![SrtpProtectionProfile::Srtp_Aes128_Cm_Hmac_Sha1_80])
                .with_insecure_skip_verify(true)
                .with_extended_master_secret(ExtendedMasterSecretType::Require)
                .build(true, Some(from))
                .unwrap();
            self.dtls.connect(Instant::now(), from, Arc::new(config), None).unwrap();
        }
    }

    fn take_dtls(&mut self, data: &[u8], from: SocketAddr) {
        for event in self.dtls.read(Instant::now(), from, None, data.into()).unwrap_or_default() {
            match event {
                EndpointEvent::HandshakeComplete => {
                    self.has_keys = true;
                    let state = self.dtls.get_connection_state(from).unwrap();
                    self.media = Some(Media::new(state, self.provider.crypto()));
                    if self.begins_sctp {
                        self.association.start(Instant::now());
                    }
                }
                EndpointEvent::ApplicationData(packet) => {
                    for reply in self.association.take(&packet) {
                        self.send(&reply);
                    }
                }
                _ => {}
            }
        }
    }

    /// Sends an SCTP packet; what comes after the other side has closed goes nowhere.
    fn send(&mut self, packet: &[u8]) {
        let _ = self.dtls.write(Instant::now(), self.remote.unwrap(), packet);
        self.flush();
    }

    fn flush(&mut self) {
        while let Some(datagram) = self.dtls.poll_transmit() {
            self.socket.send_to(&datagram.message, datagram.transport.peer_addr).unwrap();
        }
    }
}
