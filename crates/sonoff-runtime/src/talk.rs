//! One connection while it lives: bytes in, messages to the device, answers out.

use core::future::pending;
use core::num::NonZeroU16;
use core::pin::pin;

use embassy_futures::select::{Either, Either3, select, select3};
use embassy_futures::yield_now;
use embedded_io_async::{Read, Write};
use sonoff_core::Input;
use sonoff_core::io::Link;
use sonoff_hal::{Clock, Pins, System};
use sonoff_mqtt::packet::{self, Incoming, Publish};
use sonoff_mqtt::{Inbox, Rc, Received, Session, Todo};

use crate::alarm::Alarm;
use crate::outbox::Outbox;
use crate::outgoing::Outgoing;
use crate::shared::Shared;

/// The longest that the peer may leave a write waiting.
const WRITE_MS: u64 = 10_000;

/// A connection, with the buffers of all connections.
pub(crate) struct Talk<'t, 'a, 'r, 'w, P, C, Y> {
    pub shared: &'t Shared<'a, P, C, Y>,
    pub session: &'t mut Session,
    pub inbox: &'t mut Inbox<'r>,
    pub outbox: &'t mut Outbox<'w>,
}

/// What is half done in a connection.
#[derive(Default)]
struct Pending {
    /// Bytes of a payload that the device still has to give.
    window: usize,
    /// DISCONNECT is in the outbox: nothing may follow.
    goodbye: bool,
}

impl<P: Pins, C: Clock, Y: System> Talk<'_, '_, '_, '_, P, C, Y> {
    /// Says CONNECT and talks until the connection ends; tells why it did.
    pub async fn run<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) -> Rc {
        let ended = self.greet_and_go_on(reader, writer).await;
        ended.err().unwrap_or(Rc::Disconnected)
    }

    /// Ends with `Ok` after a goodbye.
    async fn greet_and_go_on<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) -> Result<(), Rc> {
        let scratch = self.inbox.spare();
        self.outbox.push(|out| self.shared.connect(scratch, out)).map_err(|_| Rc::BadProtocol)?;
        self.write(reader, writer).await?;
        self.session.greeting(self.shared.clock.now(), &self.shared.timing());
        let shared = self.shared;
        let ring = |at| shared.clock.wait_until(at);
        let never = pin!(ring(u64::MAX));
        let mut alarm = Alarm::new(ring, never);
        let mut pending = Pending::default();
        loop {
            self.step(&mut pending)?;
            let until = self.deadline()?;
            if !self.outbox.is_empty() {
                self.write(reader, writer).await?;
                self.session.sent(shared.clock.now());
                if pending.goodbye {
                    return self.flush(writer).await;
                }
                continue;
            }
            let spare = self.inbox.spare();
            match select3(shared.due.link.wait(), read(reader, spare), alarm.until(until)).await {
                Either3::First(()) | Either3::Third(()) => continue,
                Either3::Second(count) => self.inbox.filled(count?),
            }
            // A peer that always has more must not keep the other loops from their turn.
            yield_now().await;
        }
    }

    /// Everything that can be done without waiting. Answers gather while frames are taken, so that all that follows
    /// from one read leaves in one write.
    fn step(&mut self, pending: &mut Pending) -> Result<(), Rc> {
        if !self.shared.has_network() {
            return Err(Rc::Lost);
        }
        let before = self.outbox.bytes().len();
        self.fill(pending)?;
        while self.outbox.has_room() && pending.window == 0 && !pending.goodbye {
            if !self.take_frame()? {
                break;
            }
            self.fill(pending)?;
        }
        if self.outbox.bytes().len() > before {
            self.shared.transmitted();
        }
        Ok(())
    }

    /// When the session wants something, if not at once.
    fn deadline(&mut self) -> Result<u64, Rc> {
        match self.session.poll(self.shared.clock.now(), &self.shared.timing()) {
            Todo::Wait(at) => Ok(at.unwrap_or(u64::MAX)),
            Todo::Ping => {
                // Whatever else fills the outbox keeps the connection alive as well.
                let _ = self.outbox.push(packet::pingreq);
                Ok(u64::MAX)
            }
            Todo::Lost(rc) => Err(rc),
            Todo::Dial { .. } => Err(Rc::Lost),
        }
    }

    /// Moves what the device wants to say into the outbox.
    fn fill(&mut self, pending: &mut Pending) -> Result<(), Rc> {
        while !pending.goodbye && self.session.is_online() {
            if pending.window > 0 {
                if !self.fill_window(pending)? {
                    return Ok(());
                }
            } else if !self.outbox.has_room() {
                return Ok(());
            } else {
                let Some(outgoing) = self.shared.transmit(self.outbox.text_room()) else { return Ok(()) };
                self.outbox.seal(outgoing).map_err(|_| Rc::Lost)?;
                match outgoing {
                    Outgoing::Publish { payload, total, .. } => pending.window = total - payload,
                    Outgoing::Subscribe { .. } => {}
                    Outgoing::Disconnect => pending.goodbye = true,
                }
            }
        }
        Ok(())
    }

    /// The next window of a long payload. False when there is no room; an error when the device has given up a
    /// payload whose length the broker was told.
    fn fill_window(&mut self, pending: &mut Pending) -> Result<bool, Rc> {
        let spare = self.outbox.spare();
        if spare.is_empty() {
            return Ok(false);
        }
        let len = self.shared.payload(spare).ok_or(Rc::Lost)?;
        pending.window = pending.window.checked_sub(len).ok_or(Rc::Lost)?;
        self.outbox.filled(len);
        Ok(true)
    }

    /// Handles the frame in front. False when there is none, or when its command must wait (back-pressure).
    fn take_frame(&mut self) -> Result<bool, Rc> {
        let Some(len) = self.inbox.next().map_err(|_| Rc::Lost)? else { return Ok(false) };
        let incoming = packet::decode(self.inbox.frame(len)).map_err(|_| Rc::Lost)?;
        if matches!(incoming, Incoming::Publish(_)) && !self.shared.accepts_command() {
            return Ok(false);
        }
        let mut ack = None;
        match (self.session.received(self.shared.clock.now(), &incoming), incoming) {
            (Received::Online { .. }, _) => self.online(),
            (Received::Refused { rc }, _) => return Err(rc),
            (Received::Broken(_), _) => return Err(Rc::Lost),
            (Received::Message, Incoming::Publish(publish)) => ack = self.message(&publish),
            (Received::Nothing, Incoming::SubAck { refused: true, .. }) => self.subscription_refused(),
            (Received::Nothing | Received::Message, _) => {}
        }
        self.inbox.consume(len);
        if let Some(id) = ack {
            self.outbox.push(|out| packet::puback(id, out)).map_err(|_| Rc::Lost)?;
        }
        Ok(true)
    }

    fn online(&self) {
        self.shared.info(format_args!("MQT: Connected"));
        self.shared.input(Input::Link(Link::Online));
    }

    fn subscription_refused(&self) {
        self.shared.error(format_args!("MQT: Subscription refused"));
    }

    fn message(&self, publish: &Publish<'_>) -> Option<NonZeroU16> {
        let Publish { topic, payload, retain, id } = *publish;
        self.shared.input(Input::Message { topic, payload, retained: retain });
        id
    }

    /// Writes the outbox out, and reads on meanwhile: two peers that only write would wait for each other.
    ///
    /// The write is dropped only with the connection.
    async fn write<R: Read, W: Write>(&mut self, reader: &mut R, writer: &mut W) -> Result<(), Rc> {
        let limit = self.shared.clock.now().saturating_add(WRITE_MS);
        {
            let mut write = pin!(writer.write_all(self.outbox.bytes()));
            let mut too_long = pin!(self.shared.clock.wait_until(limit));
            loop {
                let spare = self.inbox.spare();
                match select3(write.as_mut(), read(reader, spare), too_long.as_mut()).await {
                    Either3::First(Ok(())) => break,
                    Either3::First(Err(_)) => return Err(Rc::Lost),
                    Either3::Second(count) => self.inbox.filled(count?),
                    Either3::Third(()) => return Err(Rc::Timeout),
                }
            }
        }
        self.outbox.clear();
        Ok(())
    }

    /// Waits until the peer has what was written, but not for ever.
    async fn flush<W: Write>(&self, writer: &mut W) -> Result<(), Rc> {
        let limit = self.shared.clock.now().saturating_add(WRITE_MS);
        match select(writer.flush(), self.shared.clock.wait_until(limit)).await {
            Either::First(Ok(())) => Ok(()),
            Either::First(Err(_)) | Either::Second(()) => Err(Rc::Lost),
        }
    }
}

/// Reads once; waits for ever while there is no room. The end of the stream is an error.
async fn read<R: Read>(reader: &mut R, spare: &mut [u8]) -> Result<usize, Rc> {
    if spare.is_empty() {
        return pending().await;
    }
    match reader.read(spare).await {
        Ok(0) | Err(_) => Err(Rc::Lost),
        Ok(count) => Ok(count),
    }
}
