//! Templates of firmware before 9.1, which had codes of one byte (M-27, M-28).

use super::arch::PINS;
use super::component::{NONE, USER};

/// Codes that such a template has: one less than today's, since the analog pin had a number of its own.
pub(super) const PINS_THEN: usize = 13;
/// What `FLAG` made of the analog pin.
const FLAG_ADC: u8 = 1;
const FLAG_USER: u8 = 15;
const ADC_INPUT: u16 = 4704;

/// So many old codes from the first one on, and the code of the first one today.
const SERIES: &[(u8, u8, u16)] = &[
    (0, 1, NONE),
    (1, 1, 1184),
    (2, 1, 1216),
    (3, 1, 1248),
    (4, 1, 1312),
    (5, 1, 608),
    (6, 1, 640),
    (7, 1, 1376),
    (8, 1, 1056),
    (9, 8, 160),
    (17, 4, 32),
    (21, 8, 224),
    (29, 8, 256),
    (37, 5, 416),
    (42, 4, 352),
    (46, 5, 448),
    (52, 4, 288),
    (56, 4, 320),
    (82, 8, 192),
    (90, 4, 64),
    (122, 4, 96),
    (130, 1, 2592),
    (131, 1, 2624),
    (132, 1, 2656),
    (133, 1, 2688),
    (134, 1, 2720),
    (145, 1, 3072),
    (146, 1, 3104),
    (157, 1, 544),
    (158, 1, 576),
    (255, 1, USER),
];

/// An array of so many codes is an old one.
pub(super) fn is_old(codes: &[u16; PINS], count: usize) -> bool {
    count == PINS_THEN && codes.iter().take(count).all(|code| *code <= 255)
}

/// Gives the codes their present numbers, `None` to those that have none; the result tells whether all had one.
pub(super) fn renew(codes: &mut [u16; PINS], flag: u8) -> bool {
    let mut all = true;
    for code in codes.iter_mut().take(PINS_THEN) {
        let new = today(*code);
        all &= new.is_some();
        *code = new.unwrap_or(NONE);
    }
    if let Some(analog) = codes.get_mut(PINS_THEN) {
        *analog = match flag {
            FLAG_ADC => ADC_INPUT,
            FLAG_USER => USER,
            _ => NONE,
        };
    }
    all
}

fn today(old: u16) -> Option<u16> {
    let nth = |first: &u8| old.wrapping_sub(u16::from(*first));
    let series = SERIES.iter().find(|(first, count, _)| nth(first) < u16::from(*count));
    series.map(|(first, _, new)| new + nth(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_28_series_do_not_overlap() {
        assert!(SERIES.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0));
        let vectors = [(16, 167), (20, 35), (28, 231), (36, 263), (50, 452), (59, 323), (89, 199), (125, 99)];
        for (old, new) in vectors {
            assert_eq!(today(old), Some(new));
        }
        assert_eq!(today(51), None);
    }
}
