//! What the access point is called, and its key.

use core::fmt::Write;

use heapless::String;

/// Characters of a key: 60 bits, which nobody tries out within ten minutes, nor in the years after.
pub const KEY: usize = 12;
/// None of them is taken for another.
const CHARACTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A WPA2 key made of random numbers.
pub fn key(random: [u32; 2]) -> String<KEY> {
    let [high, low] = random;
    let bits = u64::from(high) << 32 | u64::from(low);
    let digits = (0..KEY).map(|n| bits >> (5 * n) & 31);
    let character =
        |digit| CHARACTERS.iter().zip(0..).find(|(_, n)| *n == digit).map_or('a', |(c, _)| char::from(*c));
    digits.map(character).collect()
}

/// The name of the access point of the device with this hardware address: `sonoff-123456-5206` (S-100).
pub fn name(address: [u8; 6]) -> String<32> {
    let [.., a, b, c] = address;
    let number = u16::from_be_bytes([b, c]) & 0x1FFF;
    let mut name = String::new();
    // There is room for it.
    let _ = write!(name, "sonoff-{a:02X}{b:02X}{c:02X}-{number:04}");
    name
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    // S-100
    #[test]
    fn a_name_ends_as_the_host_name_does() {
        assert_eq!(name([0x24, 0x0A, 0xC4, 0x12, 0x34, 0x56]), "sonoff-123456-5206");
        assert_eq!(name([0, 0, 0, 0, 0x20, 0x07]), "sonoff-002007-0007");
    }

    // S-101
    #[test]
    fn every_bit_of_chance_counts_but_four() {
        assert_eq!(key([0, 0]), "aaaaaaaaaaaa");
        let one_bit = |bit: u32| if bit < 32 { [0, 1_u32 << bit] } else { [1_u32 << (bit - 32), 0] };
        let keys: HashSet<_> = (0..60).map(|bit| key(one_bit(bit))).collect();
        assert_eq!(keys.len(), 60);
        assert_eq!(key([u32::MAX; 2]), "999999999999");
        assert_eq!(CHARACTERS.iter().collect::<HashSet<_>>().len(), 32);
    }
}
