//! One record as it lies in flash, and its checksum.

use super::Pages;

/// Version of the form of a record; part of its checksum, so that records of another form are no records.
const FORM: u8 = 1;

/// What stands before a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Head {
    pub seq: u32,
    pub len: u16,
    sum: u32,
}

impl Head {
    pub const BYTES: usize = 12;

    /// The head of a blob; `None` for one that no record can hold.
    pub fn of(tag: u8, seq: u32, blob: &[u8]) -> Option<Self> {
        let len = u16::try_from(blob.len()).ok()?;
        Some(Self { seq, len, sum: Checksum::of_head(tag, seq, len).add(blob).0 })
    }

    /// Reads a head; `None` where there is none.
    pub fn parse(tag: u8, bytes: &[u8]) -> Option<Self> {
        let ([s0, s1, s2, s3, l0, l1, c0, c1], rest) = bytes.split_first_chunk()?;
        let (seq, len) = (u32::from_le_bytes([*s0, *s1, *s2, *s3]), u16::from_le_bytes([*l0, *l1]));
        let sum = u32::from_le_bytes(*rest.first_chunk()?);
        let whole = Checksum::of_head(tag, seq, len).short() == [*c0, *c1];
        whole.then_some(Self { seq, len, sum })
    }

    fn bytes(self, tag: u8) -> [u8; Self::BYTES] {
        let ([s0, s1, s2, s3], [l0, l1]) = (self.seq.to_le_bytes(), self.len.to_le_bytes());
        let [c0, c1] = Checksum::of_head(tag, self.seq, self.len).short();
        let [b0, b1, b2, b3] = self.sum.to_le_bytes();
        [s0, s1, s2, s3, l0, l1, c0, c1, b0, b1, b2, b3]
    }

    /// Bytes of the record, without padding.
    pub fn span(self) -> usize {
        Self::BYTES + usize::from(self.len)
    }

    /// Puts the record's bytes from byte `from` on into `out`, which is long enough for the head if `from` is 0.
    pub fn put(self, tag: u8, blob: &[u8], from: usize, out: &mut [u8]) {
        out.fill(ERASED);
        let (head, body) = out.split_at_mut_checked(Self::behind_head(from)).unwrap_or_default();
        head.iter_mut().zip(self.bytes(tag)).for_each(|(place, byte)| *place = byte);
        let blob = Self::piece(blob, from, body.len());
        body.iter_mut().zip(blob).for_each(|(place, byte)| *place = *byte);
    }

    /// Whether `bytes`, read from byte `from` on, are those of the record.
    pub fn is_in(self, tag: u8, blob: &[u8], from: usize, bytes: &[u8]) -> bool {
        let (head, body) = bytes.split_at_checked(Self::behind_head(from)).unwrap_or_default();
        self.bytes(tag).starts_with(head) && body.starts_with(Self::piece(blob, from, body.len()))
    }

    /// Where the blob goes on in what was read from byte `from` on.
    pub const fn behind_head(from: usize) -> usize {
        Self::BYTES.saturating_sub(from)
    }

    /// The part of the blob there, at most `room` bytes.
    fn piece(blob: &[u8], from: usize, room: usize) -> &[u8] {
        let rest = blob.get(from.saturating_sub(Self::BYTES)..).unwrap_or_default();
        rest.get(..room).unwrap_or(rest)
    }

    /// Whether `sum`, taken over the blob as it was read, is the one of this record.
    pub fn fits(self, sum: Checksum) -> bool {
        sum.0 == self.sum
    }

    /// The checksum before the blob.
    pub fn begin(self, tag: u8) -> Checksum {
        Checksum::of_head(tag, self.seq, self.len)
    }
}

/// Flash reads so after an erase.
const ERASED: u8 = 0xFF;

/// CRC-32 as in Ethernet, without the last inversion.
#[derive(Debug, Clone, Copy)]
pub(super) struct Checksum(u32);

impl Checksum {
    fn of_head(tag: u8, seq: u32, len: u16) -> Self {
        Self(u32::MAX).add(&[FORM, tag]).add(&seq.to_le_bytes()).add(&len.to_le_bytes())
    }

    #[must_use]
    pub fn add(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |sum, byte| step(step(sum ^ u32::from(*byte)))))
    }

    /// The half that tells whether a head is whole.
    fn short(self) -> [u8; 2] {
        let [low, high, ..] = self.0.to_le_bytes();
        [low, high]
    }
}

/// What four bits that leave the checksum put back into it.
const CARRY: [u32; 16] = {
    let mut table = [0; 16];
    let mut rest: &mut [u32] = &mut table;
    let mut bits = 0;
    while let Some((place, behind)) = rest.split_first_mut() {
        *place = carried(carried(carried(carried(bits))));
        (rest, bits) = (behind, bits + 1);
    }
    table
};

const fn carried(sum: u32) -> u32 {
    if sum & 1 == 1 { (sum >> 1) ^ 0xEDB8_8320 } else { sum >> 1 }
}

/// Four bits further.
fn step(sum: u32) -> u32 {
    let [.., low] = sum.to_be_bytes();
    CARRY.get(usize::from(low & 15)).map_or(0, |carry| (sum >> 4) ^ carry)
}

/// Where a record lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Record {
    /// Offset in flash.
    pub at: usize,
    pub head: Head,
}

impl Record {
    /// Which of the pages it lies in.
    pub fn page(self, pages: Pages) -> usize {
        pages.index(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_common_one() {
        assert_eq!(!Checksum(u32::MAX).add(b"123456789").0, 0xCBF4_3926);
    }

    #[test]
    fn a_head_reads_back_and_no_other_slot_takes_it() {
        let head = Head::of(1, 77, b"blob").unwrap();
        let mut bytes = [0; 20];
        head.put(1, b"blob", 0, &mut bytes);
        assert!(head.is_in(1, b"blob", 0, &bytes) && !head.is_in(1, b"blub", 0, &bytes));
        assert_eq!(bytes[12..], [b'b', b'l', b'o', b'b', 0xFF, 0xFF, 0xFF, 0xFF]);
        assert_eq!(Head::parse(1, &bytes), Some(head));
        assert_eq!(Head::parse(2, &bytes), None);
        assert!(head.fits(head.begin(1).add(b"blob")) && !head.fits(head.begin(1).add(b"blub")));
    }

    #[test]
    fn erased_and_cleared_flash_hold_no_record() {
        for tag in [1, 2] {
            assert_eq!(Head::parse(tag, &[0xFF; 12]), None);
            assert_eq!(Head::parse(tag, &[0; 12]), None);
        }
    }
}
