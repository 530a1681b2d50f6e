//! The link to the broker where it may be secure (S-50): TLS stands between TCP and the conversation.

use edge_nal::TcpSplit;
use embedded_io_async::{Read, Write};
use sonoff_core::{Device, Input, io};
use sonoff_hal::tls::{Conversation, Fingerprint, Hex, Peer, Proof, Tls, TlsError};
use sonoff_hal::{Clock, Pins, System};
use sonoff_mqtt::Rc;

use crate::dial::Target;
use crate::link::{CLOSE_MS, give_up};
use crate::talk::Talk;

/// Talks over the socket, and never in the clear where the device wants TLS.
pub(crate) async fn talk<P: Pins, C: Clock, Y: System, S: TcpSplit, L: Tls>(
    mut talk: Talk<'_, '_, '_, '_, P, C, Y>,
    socket: &mut S,
    tls: &mut L,
    target: &Target,
) -> Rc {
    let shared = talk.shared;
    let (mut reader, mut writer) = socket.split();
    let Some(proof) = shared.look(Device::proof) else { return talk.run(&mut reader, &mut writer).await };
    let host = target.known_as();
    let now = shared.look(|device| device.unix_time(shared.now()));
    let peer = Peer { host: &host, proof: proof_of(proof), now };
    let mut link = Link { talk, rc: None, talked: false };
    match tls.secure(reader, writer, &peer, &mut link).await {
        Ok(()) => link.rc.unwrap_or(Rc::Lost),
        Err(why) => {
            shared.info(format_args!("MQT: TLS connection error: {why}"));
            link.rc.filter(|_| why == TlsError::TimedOut).unwrap_or(Rc::ConnectFailed)
        }
    }
}

fn proof_of(proof: io::Proof) -> Proof {
    match proof {
        io::Proof::Authority => Proof::Authority,
        io::Proof::Keys(keys) => Proof::Keys(keys),
    }
}

/// A conversation that waits for a secure link.
struct Link<'t, 'a, 'r, 'w, P, C, Y> {
    talk: Talk<'t, 'a, 'r, 'w, P, C, Y>,
    /// How it ended.
    rc: Option<Rc>,
    talked: bool,
}

impl<P: Pins, C: Clock, Y: System> Conversation for Link<'_, '_, '_, '_, P, C, Y> {
    async fn patience(&mut self) {
        let clock = self.talk.shared.clock;
        match (self.talked, self.rc) {
            (false, _) => self.rc = Some(give_up(self.talk.shared, self.talk.session).await),
            (true, Some(Rc::Disconnected)) => clock.wait_until(clock.now().saturating_add(CLOSE_MS)).await,
            // Nobody is there to say farewell to.
            (true, _) => {}
        }
    }

    fn learned(&mut self, key: &Fingerprint) {
        self.talk.shared.info(format_args!("MQT: Fingerprint learned: {}", Hex(key)));
        self.talk.shared.input(Input::Learned(key));
    }

    async fn talk<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) {
        let rc = self.talk.run(reader, writer).await;
        (self.talked, self.rc) = (true, Some(rc));
    }
}
