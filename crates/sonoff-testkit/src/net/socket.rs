//! A client's end of a stream.

use std::future::poll_fn;
use std::task::{Context, Poll};

use edge_nal::{Close, Readable, TcpShutdown, TcpSplit};
use embedded_io_async::{ErrorType, Read, Write};

use super::{Faults, Inner, Net, NetError, Stream};

/// A client's end of a stream. Dropping it resets the stream, and what was not flushed is lost, as with the sockets
/// of small network stacks.
#[derive(Debug)]
pub struct Socket {
    pub(super) net: Net,
    pub(super) id: u64,
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.net.tell(|tap| tap.dropped(self.id));
        let mut inner = self.net.0.borrow_mut();
        inner.touched.insert(self.id);
        if let Some(stream) = inner.streams.get_mut(&self.id) {
            stream.client_gone = true;
            stream.up.bytes.clear();
        }
    }
}

impl Socket {
    fn poll_read(&self, context: &Context<'_>, buf: &mut [u8]) -> Poll<Result<usize, NetError>> {
        let mut guard = self.net.0.borrow_mut();
        let Inner { faults, tally, streams, touched, .. } = &mut *guard;
        let stream = streams.get_mut(&self.id).filter(|stream| !stream.reset).ok_or(NetError::Reset)?;
        let count = buf.len().min(stream.down.bytes.len()).min(faults.most_per_call);
        let count = allowed(faults, stream, count);
        if count == 0 && !(stream.down.ended && stream.down.bytes.is_empty()) {
            if stream.reset {
                touched.insert(self.id);
                return Poll::Ready(Err(NetError::Reset));
            }
            stream.down.reader = Some(context.waker().clone());
            return Poll::Pending;
        }
        for (place, byte) in buf.iter_mut().zip(stream.down.bytes.drain(..count)) {
            *place = byte;
        }
        self.net.tell(|tap| tap.read(self.id, buf.get(..count).unwrap_or_default()));
        tally.reads += u64::from(count > 0);
        tally.bytes_read += count as u64;
        touched.insert(self.id);
        Poll::Ready(Ok(count))
    }

    fn poll_write(&self, context: &Context<'_>, buf: &[u8]) -> Poll<Result<usize, NetError>> {
        let mut guard = self.net.0.borrow_mut();
        let Inner { faults, tally, streams, touched, .. } = &mut *guard;
        let stream = streams.get_mut(&self.id).filter(|stream| !stream.reset).ok_or(NetError::Reset)?;
        let room = faults.window.saturating_sub(stream.up.bytes.len());
        let count = allowed(faults, stream, buf.len().min(room).min(faults.most_per_call));
        if stream.reset {
            touched.insert(self.id);
            return Poll::Ready(Err(NetError::Reset));
        }
        if count == 0 {
            stream.up.writer = Some(context.waker().clone());
            return Poll::Pending;
        }
        stream.up.bytes.extend(buf.iter().take(count));
        self.net.tell(|tap| tap.written(self.id, buf.get(..count).unwrap_or_default()));
        tally.writes += 1;
        tally.bytes_written += count as u64;
        touched.insert(self.id);
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&self, context: &Context<'_>) -> Poll<Result<(), NetError>> {
        let Some(mut stream) = self.net.stream(self.id).filter(|stream| !stream.reset) else {
            return Poll::Ready(Err(NetError::Reset));
        };
        if stream.up.bytes.is_empty() {
            return Poll::Ready(Ok(()));
        }
        stream.up.writer = Some(context.waker().clone());
        Poll::Pending
    }

    fn end(&self) {
        self.net.0.borrow_mut().touched.insert(self.id);
        if let Some(mut stream) = self.net.stream(self.id) {
            stream.up.ended = true;
        }
    }
}

/// How many of `count` bytes may still move before the stream is cut; resets it when none.
fn allowed(faults: &Faults, stream: &mut Stream, count: usize) -> usize {
    let Some(most) = faults.cut_after else {
        stream.moved += count as u64;
        return count;
    };
    let left = usize::try_from(most.saturating_sub(stream.moved)).unwrap_or(usize::MAX);
    if left == 0 {
        stream.reset();
    }
    let count = count.min(left);
    stream.moved += count as u64;
    count
}

impl ErrorType for Socket {
    type Error = NetError;
}

impl Read for Socket {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, NetError> {
        (&*self).read(buf).await
    }
}

impl Write for Socket {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, NetError> {
        (&*self).write(buf).await
    }

    async fn flush(&mut self) -> Result<(), NetError> {
        (&*self).flush().await
    }
}

impl Readable for Socket {
    async fn readable(&mut self) -> Result<(), NetError> {
        (&*self).readable().await
    }
}

impl ErrorType for &Socket {
    type Error = NetError;
}

impl Read for &Socket {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, NetError> {
        poll_fn(|context| self.poll_read(context, buf)).await
    }
}

impl Write for &Socket {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, NetError> {
        poll_fn(|context| self.poll_write(context, buf)).await
    }

    async fn flush(&mut self) -> Result<(), NetError> {
        poll_fn(|context| self.poll_flush(context)).await
    }
}

impl Readable for &Socket {
    async fn readable(&mut self) -> Result<(), NetError> {
        poll_fn(|context| {
            let Some(mut stream) = self.net.stream(self.id) else { return Poll::Ready(Err(NetError::Reset)) };
            if stream.reset || stream.down.ended || !stream.down.bytes.is_empty() {
                return Poll::Ready(Ok(()));
            }
            stream.down.reader = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl TcpSplit for Socket {
    type Read<'a> = &'a Self;
    type Write<'a> = &'a Self;

    fn split(&mut self) -> (Self::Read<'_>, Self::Write<'_>) {
        (&*self, &*self)
    }
}

impl TcpShutdown for Socket {
    async fn close(&mut self, what: Close) -> Result<(), NetError> {
        if what != Close::Read {
            self.flush().await?;
            self.end();
        }
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), NetError> {
        self.net.0.borrow_mut().touched.insert(self.id);
        if let Some(mut stream) = self.net.stream(self.id) {
            stream.reset();
        }
        Ok(())
    }
}
