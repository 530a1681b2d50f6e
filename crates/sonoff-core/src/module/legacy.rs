//! Templates of firmware before 9.1, which had codes of one byte (M-27, M-28).

use super::component::{NONE, USER};
use super::template::Template;

/// Codes that such a template has: one less than today's, since the analog pin had a number of its own.
pub(super) const PINS_THEN: usize = 13;
/// What `FLAG` made of the analog pin.
const FLAG_ADC: u8 = 1;
const FLAG_USER: u8 = 15;
const ADC_INPUT: u16 = 4704;

/// Old codes that follow each other, as do those of the component that they stand for today.
#[derive(Debug)]
struct Series {
    first: u8,
    count: u8,
    /// The first code today, in steps of 32.
    component: u8,
}

const fn series(first: u8, count: u8, today: u16) -> Series {
    Series { first, count, component: (today / 32) as u8 }
}

const SERIES: &[Series] = &[
    series(0, 1, NONE),
    series(1, 1, 1184),
    series(2, 1, 1216),
    series(3, 1, 1248),
    series(4, 1, 1312),
    series(5, 1, 608),
    series(6, 1, 640),
    series(7, 1, 1376),
    series(8, 1, 1056),
    series(9, 8, 160),
    series(17, 4, 32),
    series(21, 8, 224),
    series(29, 8, 256),
    series(37, 5, 416),
    series(42, 4, 352),
    series(46, 5, 448),
    series(52, 4, 288),
    series(56, 4, 320),
    series(82, 8, 192),
    series(90, 4, 64),
    series(122, 4, 96),
    series(130, 1, 2592),
    series(131, 1, 2624),
    series(132, 1, 2656),
    series(133, 1, 2688),
    series(134, 1, 2720),
    series(145, 1, 3072),
    series(146, 1, 3104),
    series(157, 1, 544),
    series(158, 1, 576),
];
/// It belongs to none of them.
const USER_THEN: u16 = 255;

/// Gives codes of one byte their present numbers, `None` to those that have none; the result tells whether there was one.
pub(super) fn renew(template: &mut Template<'_>) -> bool {
    let Some((codes, [analog, ..])) = template.codes.0.split_first_chunk_mut::<PINS_THEN>() else {
        return false;
    };
    if codes.iter().any(|code| *code > 255) {
        return false;
    }
    let mut unknown = false;
    for code in codes {
        match today(*code) {
            Some(new) => *code = new,
            None => (*code, unknown) = (NONE, true),
        }
    }
    *analog = match template.flag {
        FLAG_ADC => ADC_INPUT,
        FLAG_USER => USER,
        _ => NONE,
    };
    template.flag = 0;
    unknown
}

fn today(old: u16) -> Option<u16> {
    if old == USER_THEN {
        return Some(USER);
    }
    SERIES.iter().find_map(|series| {
        let nth = old.wrapping_sub(u16::from(series.first));
        (nth < u16::from(series.count)).then(|| u16::from(series.component) * 32 + nth)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn m_28_series_do_not_overlap() {
        assert!(SERIES.windows(2).all(|pair| pair[0].first + pair[0].count <= pair[1].first));
        let vectors = [(16, 167), (20, 35), (28, 231), (36, 263), (50, 452), (59, 323), (89, 199), (125, 99)];
        for (old, new) in vectors {
            assert_eq!(today(old), Some(new));
        }
        assert_eq!(today(51), None);
    }
}
