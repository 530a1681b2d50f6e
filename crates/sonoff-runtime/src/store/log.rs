//! The records of one slot: which one is true, and where the next one goes.

use embedded_storage_async::nor_flash::NorFlash;

use super::record::{Head, Record};
use super::{Pages, StoreError};

/// Bytes that are read or written at once; a multiple of every unit that is allowed.
pub(super) const CHUNK: usize = 256;

/// Drivers with DMA want whole words.
#[derive(Debug)]
#[repr(align(4))]
struct Chunk([u8; CHUNK]);

/// The records of one slot.
#[derive(Debug, Clone)]
pub(super) struct Log {
    pages: Pages,
    tag: u8,
    found: Option<Found>,
}

/// What is known once the pages were read.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// The record that holds.
    live: Option<Record>,
    /// Where the next record goes, in a page that was erased and written in this run only.
    room: Option<usize>,
    /// Number of the next record.
    seq: u32,
}

impl Log {
    pub const fn new(pages: Pages, tag: u8) -> Self {
        Self { pages, tag, found: None }
    }

    pub async fn load<'b, F: NorFlash>(
        &mut self,
        flash: &mut F,
        buf: &'b mut [u8],
    ) -> Result<Option<&'b [u8]>, StoreError<F::Error>> {
        let Some(live) = self.find(flash).await?.live else { return Ok(None) };
        let blob = buf.get_mut(..live.head.len.into()).ok_or(StoreError::Buffer)?;
        if self.read_blob(flash, live, Some(blob)).await? { Ok(Some(blob)) } else { Err(StoreError::Faded) }
    }

    /// Saves a blob that is not already the live one: behind the last record, or else in the next page that takes it.
    pub async fn save<F: NorFlash>(
        &mut self,
        flash: &mut F,
        blob: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        if blob.len() > self.pages.longest(unit::<F>()) {
            return Err(StoreError::TooLong);
        }
        let found = self.find(flash).await?;
        // A record that was begun and not finished may be whole: then the live one is no longer the last.
        if let (Some(live), Some(_)) = (found.live, found.room)
            && Head::of(self.tag, live.head.seq, blob) == Some(live.head)
            && self.reads_as(flash, live, blob).await.unwrap_or(false)
        {
            return Ok(());
        }
        if let (Some(live), Some(at)) = (found.live, found.room)
            && self.put(flash, live.page(self.pages), at, blob).await.is_ok()
        {
            return Ok(());
        }
        self.save_in_fresh_page(flash, blob, found.live).await
    }

    /// Goes round the pages, but never touches the one with the live record. A page that fails is passed over.
    async fn save_in_fresh_page<F: NorFlash>(
        &mut self,
        flash: &mut F,
        blob: &[u8],
        live: Option<Record>,
    ) -> Result<(), StoreError<F::Error>> {
        let Pages { count, .. } = self.pages;
        let live = live.map(|live| live.page(self.pages));
        let first = live.map_or(0, |page| page + 1);
        let mut failure = StoreError::Worn;
        for page in (first..first + count).filter_map(|page| page.checked_rem(count)) {
            if live == Some(page) {
                continue;
            }
            match self.save_in(flash, page, blob).await {
                Ok(()) => return Ok(()),
                Err(why) => failure = why,
            }
        }
        Err(failure)
    }

    async fn save_in<F: NorFlash>(
        &mut self,
        flash: &mut F,
        page: usize,
        blob: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        let range = self.pages.page(page);
        flash.erase(offset(range.start), offset(range.end)).await.map_err(StoreError::Flash)?;
        self.put(flash, page, range.start, blob).await
    }

    /// Writes a record, reads it back, and lets it hold.
    ///
    /// While it is under way there is no room, and its number is used up: a write that fails, or a future that is
    /// dropped, leaves a place to which no other record will go.
    async fn put<F: NorFlash>(
        &mut self,
        flash: &mut F,
        page: usize,
        at: usize,
        blob: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        let found = self.found.as_mut().ok_or(StoreError::Worn)?;
        found.room = None;
        let head = Head::of(self.tag, found.seq, blob).ok_or(StoreError::TooLong)?;
        let record = Record { at, head };
        let end = at + padded::<F>(head.span());
        if end > self.pages.page(page).end {
            return Err(StoreError::TooLong);
        }
        found.seq = found.seq.checked_add(1).ok_or(StoreError::Worn)?;
        self.write(flash, record, blob).await?;
        if !self.reads_as(flash, record, blob).await? {
            return Err(StoreError::Worn);
        }
        let seq = head.seq.saturating_add(1);
        self.found = Some(Found { live: Some(record), room: Some(end), seq });
        Ok(())
    }

    async fn write<F: NorFlash>(
        &self,
        flash: &mut F,
        record: Record,
        blob: &[u8],
    ) -> Result<(), StoreError<F::Error>> {
        let mut chunk = Chunk([0; CHUNK]);
        for (from, len) in chunks(padded::<F>(record.head.span())) {
            let bytes = chunk.0.get_mut(..len).unwrap_or_default();
            record.head.put(self.tag, blob, from, bytes);
            flash.write(offset(record.at + from), bytes).await.map_err(StoreError::Flash)?;
        }
        Ok(())
    }

    /// Whether the flash holds exactly this record.
    async fn reads_as<F: NorFlash>(
        &self,
        flash: &mut F,
        record: Record,
        blob: &[u8],
    ) -> Result<bool, StoreError<F::Error>> {
        let mut chunk = Chunk([0; CHUNK]);
        for (from, len) in chunks(padded::<F>(record.head.span())) {
            let bytes = chunk.0.get_mut(..len).unwrap_or_default();
            flash.read(offset(record.at + from), bytes).await.map_err(StoreError::Flash)?;
            if !record.head.is_in(self.tag, blob, from, bytes) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Checks a record, and copies its blob to `out`.
    async fn read_blob<F: NorFlash>(
        &self,
        flash: &mut F,
        record: Record,
        mut out: Option<&mut [u8]>,
    ) -> Result<bool, StoreError<F::Error>> {
        let mut chunk = Chunk([0; CHUNK]);
        let mut sum = record.head.begin(self.tag);
        let mut left = usize::from(record.head.len);
        let mut done = 0;
        for (from, len) in chunks(padded::<F>(record.head.span())) {
            let bytes = chunk.0.get_mut(..len).unwrap_or_default();
            flash.read(offset(record.at + from), bytes).await.map_err(StoreError::Flash)?;
            let blob = bytes.get(Head::behind_head(from)..).unwrap_or_default();
            let blob = blob.get(..left).unwrap_or(blob);
            sum = sum.add(blob);
            if let Some(place) = out.as_mut().and_then(|out| out.get_mut(done..done + blob.len())) {
                place.copy_from_slice(blob);
            }
            (done, left) = (done + blob.len(), left - blob.len());
        }
        Ok(record.head.fits(sum))
    }

    /// Finds the live record, once in a run. Nothing is written.
    async fn find<F: NorFlash>(&mut self, flash: &mut F) -> Result<Found, StoreError<F::Error>> {
        if let Some(found) = self.found {
            return Ok(found);
        }
        let mut live = None;
        let mut older_than = None;
        while let Some(first) = self.newest_page(flash, older_than).await? {
            live = self.last_in(flash, first).await;
            if live.is_some() {
                break;
            }
            older_than = Some(first.head.seq);
        }
        let seq =
            live.map_or(Some(0), |live: Record| live.head.seq.checked_add(1)).ok_or(StoreError::Worn)?;
        let found = Found { live, room: None, seq };
        self.found = Some(found);
        Ok(found)
    }

    /// The first record of the page that begins with the highest number below `older_than`.
    async fn newest_page<F: NorFlash>(
        &self,
        flash: &mut F,
        older_than: Option<u32>,
    ) -> Result<Option<Record>, StoreError<F::Error>> {
        let mut newest: Option<Record> = None;
        // Some flashes refuse to read a torn word. Only if no page can be read, nothing is known.
        let mut failure = Err(StoreError::Worn);
        for page in 0..self.pages.count {
            let first = match self.head(flash, self.pages.page(page).start).await {
                Ok(first) => first,
                Err(why) => {
                    failure = failure.map_err(|_| why);
                    continue;
                }
            };
            failure = Ok(());
            let Some(first) = first else { continue };
            let below = older_than.is_none_or(|seq| first.head.seq < seq);
            if below && newest.is_none_or(|newest| newest.head.seq < first.head.seq) {
                newest = Some(first);
            }
        }
        failure.map(|()| newest)
    }

    /// The last whole record of a page. One whose blob is damaged is passed over; without a head the page ends.
    async fn last_in<F: NorFlash>(&self, flash: &mut F, first: Record) -> Option<Record> {
        let end = self.pages.page(first.page(self.pages)).end;
        let (mut last, mut next) = (None, Some(first));
        while let Some(record) = next {
            if self.read_blob(flash, record, None).await.unwrap_or(false) {
                last = Some(record);
            }
            let at = record.at + padded::<F>(record.head.span());
            next = if at < end { self.head(flash, at).await.ok().flatten() } else { None };
        }
        last
    }

    /// The head at an offset, if there is one and its record lies in its page.
    async fn head<F: NorFlash>(
        &self,
        flash: &mut F,
        at: usize,
    ) -> Result<Option<Record>, StoreError<F::Error>> {
        let page = self.pages.page(self.pages.index(at));
        let mut chunk = Chunk([0; CHUNK]);
        let bytes = chunk.0.get_mut(..padded::<F>(Head::BYTES)).unwrap_or_default();
        if at + bytes.len() > page.end {
            return Ok(None);
        }
        flash.read(offset(at), bytes).await.map_err(StoreError::Flash)?;
        let head = Head::parse(self.tag, bytes).filter(|head| at + padded::<F>(head.span()) <= page.end);
        Ok(head.map(|head| Record { at, head }))
    }
}

/// What reads and writes must be a multiple of.
pub(super) const fn unit<F: NorFlash>() -> usize {
    if F::READ_SIZE > F::WRITE_SIZE { F::READ_SIZE } else { F::WRITE_SIZE }
}

const fn padded<F: NorFlash>(len: usize) -> usize {
    len.next_multiple_of(unit::<F>())
}

/// Start and length of the pieces of a record.
fn chunks(span: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..span).step_by(CHUNK).map(move |from| (from, CHUNK.min(span - from)))
}

/// All offsets were checked against the capacity when the store was made.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
