//! Frames by chance: right ones, damaged ones, and plain noise.

#![allow(dead_code, reason = "each test uses a part")]

/// Xorshift64*: quick, and the same on every machine.
#[derive(Debug)]
pub struct Xorshift(u64);

impl Xorshift {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[0]
    }

    /// One of `choices`.
    pub fn pick<T: Copy + Default>(&mut self, choices: &[T]) -> T {
        choices.get(self.below(choices.len())).copied().unwrap_or_default()
    }
}

/// Writes a frame over `frame`: every second one is right.
pub fn frame(random: &mut Xorshift, frame: &mut Vec<u8>) {
    frame.clear();
    match random.below(8) {
        0..=3 => right(random, frame),
        4..=6 => {
            right(random, frame);
            for _ in 0..=random.below(3) {
                damage(random, frame);
            }
        }
        _ => noise(random, frame),
    }
}

fn right(random: &mut Xorshift, frame: &mut Vec<u8>) {
    let mut body = Vec::with_capacity(64);
    let first = match random.below(8) {
        0 => fixed(random, &mut body, 0x20, &[&[0, 0], &[1, 0], &[0, 1], &[0, 2], &[0, 3], &[0, 4], &[0, 5]]),
        1 => fixed(random, &mut body, 0x40, &[&[0, 1], &[1, 0], &[255, 255]]),
        2 => fixed(random, &mut body, 0x90, &[&[0, 1, 0], &[0, 2, 1], &[1, 0, 2], &[7, 7, 128]]),
        3 => fixed(random, &mut body, 0xB0, &[&[0, 1], &[1, 0], &[255, 255]]),
        4 => 0xD0,
        _ => message(random, &mut body),
    };
    frame.push(first);
    length(random, frame, body.len());
    frame.extend_from_slice(&body);
}

fn fixed(random: &mut Xorshift, body: &mut Vec<u8>, first: u8, bodies: &[&[u8]]) -> u8 {
    body.extend_from_slice(random.pick(bodies));
    first
}

fn message(random: &mut Xorshift, body: &mut Vec<u8>) -> u8 {
    const TOPICS: &[&str] =
        &["cmnd/sonoff/POWER", "cmnd/sonoffs/Backlog", "a", "/", "$SYS/x", "cmnd/DVES_123456/äß€😀"];
    let topic = random.pick(TOPICS);
    body.push(0);
    body.push(topic.len().to_le_bytes()[0]);
    body.extend_from_slice(topic.as_bytes());
    let first = random.pick(&[0x30, 0x30, 0x30, 0x31, 0x32, 0x33, 0x3A, 0x3B]);
    if first & 2 != 0 {
        body.extend_from_slice(random.pick(&[&[0, 1][..], &[1, 0], &[255, 255]]));
    }
    let longest = random.pick(&[0, 8, 40, 200, 700]);
    let payload = random.below(longest + 1);
    body.extend((0..payload).map(|_| random.byte()));
    first
}

/// Mostly the shortest form of a length field, sometimes a longer one.
fn length(random: &mut Xorshift, frame: &mut Vec<u8>, length: usize) {
    let mut left = length;
    let mut bytes = if random.below(16) == 0 { 1 + random.below(4) } else { 1 };
    while left > 127 || bytes > 1 {
        frame.push((left % 128) as u8 | 128);
        left /= 128;
        bytes = bytes.saturating_sub(1);
    }
    frame.push(left as u8);
}

const BORDERS: &[u8] =
    &[0, 1, 2, 3, 4, 5, 6, 0x20, 0x23, 0x2B, 0x30, 0x36, 0x40, 0x7F, 0x80, 0x90, 0xC0, 0xFF];

fn damage(random: &mut Xorshift, frame: &mut Vec<u8>) {
    // The header and the first fields are where the decisions are.
    let near = frame.len().min(8);
    let at = if random.below(4) == 0 { random.below(frame.len()) } else { random.below(near) };
    let border = random.pick(BORDERS);
    match random.below(7) {
        0 => frame.truncate(at),
        1 => frame.push(border),
        2 => frame.insert(at.min(frame.len()), border),
        3 if at < frame.len() => drop(frame.remove(at)),
        4 | 5 => frame.iter_mut().skip(at).take(1).for_each(|byte| *byte = border),
        _ => frame.iter_mut().skip(at).take(1).for_each(|byte| *byte ^= 1 << random.below(8)),
    }
}

fn noise(random: &mut Xorshift, frame: &mut Vec<u8>) {
    for _ in 0..random.below(24) {
        let byte = if random.below(2) == 0 { random.byte() } else { random.pick(BORDERS) };
        frame.push(byte);
    }
}
