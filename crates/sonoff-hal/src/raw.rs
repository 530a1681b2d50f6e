//! From the bytes of well-known sensors to thousandths; whoever has a bus needs only this to make [`Sensors`].
//!
//! [`Sensors`]: crate::Sensors

/// What a climate sensor tells at once, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Climate {
    /// Degrees Celsius.
    pub celsius: i32,
    /// Percent of relative humidity.
    pub percent: i32,
}

/// The five bytes of a DHT11; `None` when their sum is wrong (N-17).
pub fn dht11(bytes: [u8; 5]) -> Option<Climate> {
    let [percent, _, celsius, tenths] = summed(bytes)?;
    let celsius = i32::from(celsius) * 1000 + i32::from(tenths & 15) * 100;
    Some(Climate { celsius, percent: i32::from(percent) * 1000 })
}

/// The five bytes of an AM2301, a DHT22 or a Sonoff's SI7021; `None` when their sum is wrong (N-18).
pub fn am2301(bytes: [u8; 5]) -> Option<Climate> {
    let [humid_high, humid_low, warm_high, warm_low] = summed(bytes)?;
    let celsius = i32::from(u16::from_be_bytes([warm_high & 0x7F, warm_low])) * 100;
    let percent = i32::from(u16::from_be_bytes([humid_high, humid_low])) * 100;
    Some(Climate { celsius: if warm_high & 0x80 == 0 { celsius } else { -celsius }, percent })
}

/// The fifth byte is the sum of the others.
fn summed(bytes: [u8; 5]) -> Option<[u8; 4]> {
    let [a, b, c, d, sum] = bytes;
    let wanted = a.wrapping_add(b).wrapping_add(c).wrapping_add(d);
    (sum == wanted).then_some([a, b, c, d])
}

/// The six bytes of an SHT3x or SHTC3; `None` when a check byte is wrong (N-19).
pub fn sht3x(bytes: [u8; 6]) -> Option<Climate> {
    let [warm, humid] = checked(bytes)?;
    Some(Climate { celsius: share(175, warm) - 45_000, percent: share(100, humid) })
}

/// The six bytes of an SHT4x; `None` when a check byte is wrong (N-19).
pub fn sht4x(bytes: [u8; 6]) -> Option<Climate> {
    let [warm, humid] = checked(bytes)?;
    Some(Climate { celsius: share(175, warm) - 45_000, percent: share(125, humid) - 6_000 })
}

/// Two numbers, each with its check byte.
fn checked(bytes: [u8; 6]) -> Option<[u16; 2]> {
    let [a, b, first, c, d, second] = bytes;
    let right = crc8_msb(&[a, b]) == first && crc8_msb(&[c, d]) == second;
    right.then_some([u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d])])
}

/// `raw` out of 65535 of `range`, in thousandths; in two steps, which 32 bits have room for.
fn share(range: u32, raw: u16) -> i32 {
    let share = range * u32::from(raw);
    let rest = share % 65_535 * 1000 + 32_767;
    (share / 65_535 * 1000 + rest / 65_535).cast_signed()
}

/// Polynomial 0x31, start 0xFF, highest bit first.
fn crc8_msb(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0xFF, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 0x80 == 0 { crc << 1 } else { crc << 1 ^ 0x31 })
    })
}

/// The nine bytes of a DS18B20's scratchpad, in thousandths of a degree Celsius; `None` when the check byte is wrong,
/// and for 85.0 °C, which the sensor holds before it has measured (N-20).
pub fn ds18b20(bytes: [u8; 9]) -> Option<i32> {
    let [low, high, ..] = bytes;
    let sixteenths = i32::from(i16::from_le_bytes([low, high]));
    // A scratchpad with its check byte has the remainder 0; so has one of a bus that is stuck at 0.
    let right = crc8_lsb(&bytes) == 0 && bytes != [0; 9];
    (right && sixteenths != 85 * 16).then_some(sixteenths * 125 / 2)
}

/// The eight bytes of a DS18B20's ROM code in the order of the wire: its family, its number (highest byte first in
/// `rom`), the check byte (N-29).
pub fn rom_code(rom: [u8; 6]) -> [u8; 8] {
    let [f, e, d, c, b, a] = rom;
    let body = [0x28, a, b, c, d, e, f];
    [0x28, a, b, c, d, e, f, crc8_lsb(&body)]
}

/// Polynomial 0x31, start 0, lowest bit first.
fn crc8_lsb(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ byte, |crc, _| if crc & 1 == 0 { crc >> 1 } else { crc >> 1 ^ 0x8C })
    })
}

/// Keeps a sensor's last value over a few failed reads, and gives it up after too many (N-21).
#[derive(Debug, Clone, Copy)]
pub struct Steady<T> {
    last: Option<T>,
    misses: u8,
    most: u8,
}

impl<T: Copy> Steady<T> {
    /// Gives the value up at miss number `most`: 5 for a DS18B20, 8 for a DHT.
    pub const fn new(most: u8) -> Self {
        Self { last: None, misses: 0, most }
    }

    /// So many reads have failed in a row that the value is given up.
    pub const fn is_lost(&self) -> bool {
        self.misses >= self.most
    }

    /// Takes the outcome of a read; tells the value that counts.
    pub fn read(&mut self, outcome: Option<T>) -> Option<T> {
        match outcome {
            Some(value) => {
                self.misses = 0;
                self.last = Some(value);
            }
            None => {
                self.misses = self.misses.saturating_add(1);
                if self.is_lost() {
                    self.last = None;
                }
            }
        }
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Climate = Climate { celsius: 22_500, percent: 45_000 };

    // N-18, NX-6, NX-7
    #[test]
    fn an_am2301_tells_tenths_with_a_sign_bit() {
        assert_eq!(am2301([0x01, 0xC2, 0x00, 0xE1, 0xA4]), Some(ROOM));
        let frost = am2301([0x01, 0xC2, 0x80, 0x32, 0x75]);
        assert_eq!(frost, Some(Climate { celsius: -5_000, percent: 45_000 }));
    }

    // N-17, NX-8
    #[test]
    fn a_dht11_tells_whole_numbers_and_tenths() {
        assert_eq!(dht11([0x2D, 0x00, 0x16, 0x05, 0x48]), Some(ROOM));
    }

    // N-17, N-18
    #[test]
    fn a_wrong_sum_is_no_value() {
        assert_eq!(am2301([0x01, 0xC2, 0x00, 0xE1, 0xA5]), None);
        assert_eq!(dht11([0x2D, 0x00, 0x16, 0x05, 0x49]), None);
    }

    // N-19, NX-24; the check byte of BE EF is in the sensor's data sheet
    #[test]
    fn an_sht3x_tells_shares_of_its_range() {
        assert_eq!(crc8_msb(&[0xBE, 0xEF]), 0x92);
        let bytes = [0x62, 0x15, crc8_msb(&[0x62, 0x15]), 0x73, 0x33, crc8_msb(&[0x73, 0x33])];
        assert_eq!(sht3x(bytes), Some(Climate { celsius: 22_049, percent: 45_000 }));
        assert_eq!(sht4x(bytes), Some(Climate { celsius: 22_049, percent: 50_250 }));
        for at in 0..6 {
            let mut wrong = bytes;
            wrong[at] ^= 1;
            assert_eq!((sht3x(wrong), sht4x(wrong)), (None, None), "byte {at}");
        }
    }

    fn scratchpad(sixteenths: i16) -> [u8; 9] {
        let [low, high] = sixteenths.to_le_bytes();
        let body = [low, high, 0x4B, 0x46, 0x7F, 0xFF, 0x0C, 0x10];
        let [a, b, c, d, e, f, g, h] = body;
        [a, b, c, d, e, f, g, h, crc8_lsb(&body)]
    }

    // N-20
    #[test]
    fn a_ds18b20_tells_sixteenths_of_a_degree() {
        let vectors = [(360, Some(22_500)), (0x0191, Some(25_062)), (-1, Some(-62)), (85 * 16, None)];
        for (sixteenths, milli) in vectors {
            assert_eq!(ds18b20(scratchpad(sixteenths)), milli, "{sixteenths}");
        }
        let mut wrong = scratchpad(360);
        wrong[0] ^= 1;
        assert_eq!(ds18b20(wrong), None);
        assert_eq!(ds18b20([0; 9]), None, "a bus without a sensor, held down");
        assert_eq!(ds18b20([0xFF; 9]), None, "a bus without a sensor");
    }

    // N-29, NX-28: the sensor of NX-1; the check byte of the first is in the maker's application note
    #[test]
    fn a_rom_code_has_its_family_and_a_check_byte() {
        assert_eq!(crc8_lsb(&[0x02, 0x1C, 0xB8, 0x01, 0, 0, 0]), 0xA2);
        let code = [0x28, 0x90, 0x7C, 0x93, 0x05, 0, 0, 0xBF];
        assert_eq!(rom_code([0, 0, 0x05, 0x93, 0x7C, 0x90]), code);
    }

    // N-21, NX-9
    #[test]
    fn a_value_is_kept_over_seven_misses_and_given_up_at_the_eighth() {
        let mut steady = Steady::new(8);
        assert_eq!(steady.read(None), None);
        assert_eq!(steady.read(Some(ROOM)), Some(ROOM));
        let outcomes: [_; 8] = core::array::from_fn(|_| steady.read(None));
        assert_eq!(outcomes[..7], [Some(ROOM); 7]);
        assert_eq!(outcomes[7], None);
        assert!(steady.is_lost());
        assert_eq!(steady.read(Some(ROOM)), Some(ROOM));
    }
}
