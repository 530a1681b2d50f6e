//! One connection: a request is heard, answered, and the connection ended.

use core::ops::Range;

use edge_nal::{Close, Readable, TcpShutdown};
use embassy_futures::select::{Either, select};
use embedded_io_async::{Read, Write};
use sonoff_core::Device;
use sonoff_core::text::Sink;
use sonoff_hal::{Clock, Pins, System};
use sonoff_web::{File, Head, Kind, Route, Status, write_head};

use super::{Desk, Server};

/// A connection on which nothing comes is ended after this time, milliseconds (W-17).
const IDLE_MS: u64 = 10_000;
/// The longest that a request may take to come, milliseconds.
const REQUEST_MS: u64 = 5_000;
/// The longest that the client may leave a write waiting, milliseconds.
const WRITE_MS: u64 = 5_000;
/// The longest that the end of a connection may take, milliseconds.
const CLOSE_MS: u64 = 1_000;

/// Why a request is not carried out.
pub(super) enum End {
    /// The client is gone, or as good as that.
    Gone,
    /// It gets this instead.
    Refused(Status),
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        Self::Refused(status)
    }
}

/// Writes a body, or a part of one: it is asked for again until all has left.
pub(super) type Body<'w> = &'w dyn Fn(&Device, &mut Sink<'_>);

impl<P: Pins, C: Clock, Y: System> Server<'_, '_, '_, '_, P, C, Y> {
    /// The desk is taken only when something comes.
    pub(super) async fn visit<S: Read + Write + Readable + TcpShutdown>(&self, socket: &mut S) {
        let idle = self.shared.clock.wait_until(self.in_ms(IDLE_MS));
        if let Either::First(Ok(())) = select(socket.readable(), idle).await {
            self.serve(socket).await;
            self.part(socket).await;
        }
    }

    async fn serve<S: Read + Write>(&self, socket: &mut S) {
        let mut desk = self.desk.lock().await;
        let Desk { request, window } = &mut *desk;
        let heard = self.hear(socket, request).await;
        let outcome = match heard {
            Ok((route, fields)) => match request.get_mut(fields) {
                Some(fields) => self.answer(socket, window, route, fields).await,
                None => Err(Status::BadRequest.into()),
            },
            Err(end) => Err(end),
        };
        if let Err(End::Refused(status)) = outcome {
            // Whoever does not hear it is gone.
            let _ = self.refuse(socket, window, status).await;
        }
    }

    /// Reads and judges a request; tells where its fields lie.
    async fn hear<S: Read>(&self, socket: &mut S, request: &mut [u8]) -> Result<(Route, Range<usize>), End> {
        let until = self.in_ms(REQUEST_MS);
        let mut filled = 0;
        loop {
            filled += self.read(socket, request.get_mut(filled..), until).await?;
            let Some(head) = Head::read(request.get(..filled).unwrap_or_default())? else { continue };
            let now = self.shared.now();
            let judge = |device: &Device| {
                let mut site = self.site.borrow_mut();
                site.set_up(self.shared.is_set_up());
                site.judge(now, device, &head, request.len())
            };
            let route = self.shared.look(judge)?;
            if route != Route::Run {
                return Ok((route, head.query_range()));
            }
            let (from, length) = (head.bytes, head.length);
            request.copy_within(from..filled, 0);
            filled -= from;
            while filled < length {
                filled += self.read(socket, request.get_mut(filled..length), until).await?;
            }
            return Ok((route, 0..length));
        }
    }

    /// Reads into `room`; without room the head is too long.
    async fn read<S: Read>(&self, socket: &mut S, room: Option<&mut [u8]>, until: u64) -> Result<usize, End> {
        let room = room.filter(|room| !room.is_empty()).ok_or(Status::HeadTooLarge)?;
        match select(socket.read(room), self.shared.clock.wait_until(until)).await {
            Either::First(Ok(count)) if count > 0 => Ok(count),
            Either::First(_) => Err(End::Gone),
            Either::Second(()) => Err(Status::Timeout.into()),
        }
    }

    pub(super) async fn file<S: Write>(
        &self,
        socket: &mut S,
        window: &mut [u8],
        file: &File,
    ) -> Result<(), End> {
        let mut sink = Sink::new(window);
        write_head(Status::Ok, Kind::Gzip(file.kind), Some(file.bytes.len()), &mut sink);
        self.write(socket, sink.into_bytes()).await?;
        self.write(socket, file.bytes).await
    }

    async fn refuse<S: Write>(&self, socket: &mut S, window: &mut [u8], status: Status) -> Result<(), End> {
        self.send(socket, window, status, &|_, sink| status.write_body(sink)).await
    }

    /// Sends a whole answer, which is counted first.
    pub(super) async fn send<S: Write>(
        &self,
        socket: &mut S,
        window: &mut [u8],
        status: Status,
        body: Body<'_>,
    ) -> Result<(), End> {
        let total = self.count(body);
        let mut sink = Sink::new(window);
        write_head(status, Kind::Json, Some(total), &mut sink);
        let head = sink.total();
        self.stream(socket, window, head, body).await
    }

    /// Sends a body in windows; the first has `used` bytes before it. A body that changes its length meanwhile cannot
    /// go on: the client sees that it is not whole.
    pub(super) async fn stream<S: Write>(
        &self,
        socket: &mut S,
        window: &mut [u8],
        mut used: usize,
        body: Body<'_>,
    ) -> Result<(), End> {
        let (total, mut sent) = (self.count(body), 0);
        while sent < total || used > 0 {
            let room = window.get_mut(used..).ok_or(End::Gone)?;
            let len = room.len().min(total - sent);
            let mut sink = Sink::window(room, sent);
            self.shared.look(|device| body(device, &mut sink));
            if sink.total() != total {
                return Err(End::Gone);
            }
            self.write(socket, window.get(..used + len).unwrap_or_default()).await?;
            sent += len;
            used = 0;
        }
        Ok(())
    }

    fn count(&self, body: Body<'_>) -> usize {
        let mut sink = Sink::counter();
        self.shared.look(|device| body(device, &mut sink));
        sink.total()
    }

    async fn write<S: Write>(&self, socket: &mut S, bytes: &[u8]) -> Result<(), End> {
        let until = self.in_ms(WRITE_MS);
        match select(socket.write_all(bytes), self.shared.clock.wait_until(until)).await {
            Either::First(Ok(())) => Ok(()),
            Either::First(Err(_)) | Either::Second(()) => Err(End::Gone),
        }
    }

    /// Ends the connection in order: what the client still sends is read and thrown away, since an end that meets
    /// unread bytes may take the answer away from it.
    async fn part<S: Read + TcpShutdown>(&self, socket: &mut S) {
        let end = async {
            let mut rest = [0; 64];
            if socket.close(Close::Write).await.is_ok() {
                while socket.read(&mut rest).await.is_ok_and(|count| count > 0) {}
            }
        };
        select(end, self.shared.clock.wait_until(self.in_ms(CLOSE_MS))).await;
    }
}
