//! Power cuts: a store is cut at every step of a script, and again while it recovers.

use super::Breach;
use crate::{Slot, Store};

/// A store over a memory whose power a test can cut; a port writes one over its own mock.
///
/// A *step* is the smallest thing that the memory does: on flash, one byte programmed or erased.
pub trait Rig {
    /// What is tested.
    type Store: Store;

    /// Puts a new, empty memory in place of the old one.
    fn renew(&mut self);

    /// Power is on and stays on; opens the store over what the memory holds.
    fn open(&mut self) -> Self::Store;

    /// Lets power fail at that step from now on; 0 is the next one. Then nothing works until [`Self::open`].
    fn cut_at(&mut self, step: u64);

    /// Whether power has failed since [`Self::open`].
    fn is_cut(&self) -> bool;
}

/// What [`store_survives_any_cut`] does between two cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Script {
    /// How many blobs are saved; enough that each page of the memory is erased.
    pub saves: u32,
    /// The longest settings blob, at most 1024 bytes.
    pub longest: usize,
    /// The second cut falls into the first so many steps of the recovery's save.
    pub recovery: u64,
    /// For all that is random.
    pub seed: u32,
}

/// How much a store has survived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Survived {
    /// Power cuts, first and second ones.
    pub cuts: u64,
    /// After how many of them each slot had its old or its new blob. All, if no promise was broken.
    pub recovered: u64,
}

/// Saves blobs of both slots, cuts power at every step of that, in turn, and once more at random while the store
/// recovers. After each cut, each slot has the blob that was saved last, or the one whose save was cut.
///
/// # Errors
/// [`Breach::OtherBlob`] when another one is there, or none; [`Breach::Store`] when the store fails with power on.
pub async fn store_survives_any_cut<R: Rig>(rig: &mut R, script: Script) -> Result<Survived, Breach> {
    let mut survived = Survived::default();
    let mut step = 0;
    while cut_once(rig, script, step, &mut survived).await? {
        step += 1;
    }
    Ok(survived)
}

/// Whether the script is so long that it was cut.
async fn cut_once<R: Rig>(
    rig: &mut R,
    script: Script,
    step: u64,
    survived: &mut Survived,
) -> Result<bool, Breach> {
    rig.renew();
    let mut truth = Truth { script, ..Truth::default() };
    let mut store = rig.open();
    rig.cut_at(step);
    for number in 1..=script.saves {
        if truth.save(&mut store, number).await.is_err() {
            break;
        }
    }
    if !rig.is_cut() {
        return if truth.under_way.is_none() { Ok(false) } else { Err(Breach::Store) };
    }
    survived.cuts += 1;
    truth.settle(&mut rig.open()).await?;
    survived.recovered += 1;
    recover(rig, &mut truth, survived).await?;
    Ok(true)
}

/// Saves on after a cut, with a second one, and then without.
async fn recover<R: Rig>(rig: &mut R, truth: &mut Truth, survived: &mut Survived) -> Result<(), Breach> {
    let mut store = rig.open();
    let cuts = survived.cuts.to_le_bytes();
    let random = cuts.iter().fold(truth.script.seed, |seed, byte| mix(seed ^ u32::from(*byte)));
    rig.cut_at(u64::from(random).checked_rem(truth.script.recovery).unwrap_or(0));
    let first = truth.script.saves + 1;
    let saved = truth.save(&mut store, first).await;
    if rig.is_cut() {
        survived.cuts += 1;
        truth.settle(&mut rig.open()).await?;
        survived.recovered += 1;
    } else {
        saved?;
    }
    let mut store = rig.open();
    for number in first + 1..first + 5 {
        truth.save(&mut store, number).await?;
    }
    truth.settle(&mut rig.open()).await
}

/// What the store must hold. Blobs are known by their number; 0 is none.
#[derive(Debug, Default)]
struct Truth {
    script: Script,
    settings: u32,
    state: u32,
    under_way: Option<(Slot, u32)>,
}

impl Default for Script {
    /// Forty saves of at most 300 bytes on pages of 4096 bytes.
    fn default() -> Self {
        Self { saves: 40, longest: 300, recovery: 4500, seed: 1 }
    }
}

impl Truth {
    async fn save<S: Store>(&mut self, store: &mut S, number: u32) -> Result<(), Breach> {
        let slot = if number.is_multiple_of(3) { Slot::State } else { Slot::Settings };
        let mut buf = [0; LONGEST];
        self.under_way = Some((slot, number));
        store.save(slot, self.blob(slot, number, &mut buf)).await.map_err(|_| Breach::Store)?;
        self.under_way = None;
        self.set(slot, number);
        Ok(())
    }

    fn set(&mut self, slot: Slot, number: u32) {
        match slot {
            Slot::Settings => self.settings = number,
            Slot::State => self.state = number,
        }
    }

    /// After a cut: finds out which blob is there.
    async fn settle<S: Store>(&mut self, store: &mut S) -> Result<(), Breach> {
        if let Some((slot, number)) = self.under_way.take()
            && self.holds(store, slot, number).await?
        {
            self.set(slot, number);
        }
        let settings = self.holds(store, Slot::Settings, self.settings).await?;
        let state = self.holds(store, Slot::State, self.state).await?;
        if settings && state { Ok(()) } else { Err(Breach::OtherBlob) }
    }

    async fn holds<S: Store>(&self, store: &mut S, slot: Slot, number: u32) -> Result<bool, Breach> {
        let (mut buf, mut want) = ([0; LONGEST], [0; LONGEST]);
        let want = (number > 0).then(|| self.blob(slot, number, &mut want));
        let got = store.load(slot, &mut buf).await.map_err(|_| Breach::Store)?;
        Ok(got == want)
    }

    /// Blob by number: noise, but some all zeros or all ones, and none the same as the one before it.
    fn blob<'b>(&self, slot: Slot, number: u32, buf: &'b mut [u8; LONGEST]) -> &'b [u8] {
        let mut random = mix(self.script.seed ^ mix(number));
        let most = if slot == Slot::State { 32 } else { self.script.longest.min(LONGEST) };
        // Zero would be no number of bytes.
        let len = 4 + usize::try_from(random).unwrap_or(0).checked_rem(most.saturating_sub(3)).unwrap_or(0);
        for byte in buf.iter_mut().take(len) {
            random = mix(random);
            let [noise, ..] = random.to_le_bytes();
            *byte = match number % 5 {
                0 => 0,
                1 => 0xFF,
                _ => noise,
            };
        }
        buf.iter_mut().zip(number.to_le_bytes()).for_each(|(place, byte)| *place = byte);
        buf.get(..len).unwrap_or_default()
    }
}

/// The longest blob that is tried.
const LONGEST: usize = 1024;

/// A number that looks like no relation of the one it comes from.
const fn mix(number: u32) -> u32 {
    let number = (number ^ (number >> 16)).wrapping_add(0x9E37_79B9).wrapping_mul(0x21F0_AAAD);
    let number = (number ^ (number >> 15)).wrapping_mul(0x735A_2D97);
    number ^ (number >> 15)
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::cell::RefCell;
    use std::rc::Rc;
    use std::vec::Vec;

    use embassy_futures::block_on;

    use super::*;

    /// A memory in which a save is two steps.
    #[derive(Debug, Default)]
    struct Memory {
        blobs: [Vec<u8>; 2],
        fuse: u64,
        off: bool,
    }

    #[derive(Debug, Clone)]
    struct TwoSteps {
        memory: Rc<RefCell<Memory>>,
        /// The first step spoils the old blob.
        careless: bool,
    }

    impl TwoSteps {
        fn new(careless: bool) -> Self {
            Self { memory: Rc::default(), careless }
        }
    }

    impl Memory {
        fn step(&mut self) -> Result<(), ()> {
            self.off |= self.fuse == 0;
            self.fuse = self.fuse.saturating_sub(1);
            if self.off { Err(()) } else { Ok(()) }
        }
    }

    impl Store for TwoSteps {
        type Error = ();
        async fn load<'b>(&mut self, slot: Slot, buf: &'b mut [u8]) -> Result<Option<&'b [u8]>, ()> {
            let memory = self.memory.borrow();
            let blob = &memory.blobs[usize::from(slot == Slot::State)];
            let out = buf.get_mut(..blob.len()).ok_or(())?;
            out.copy_from_slice(blob);
            Ok((!blob.is_empty()).then_some(out))
        }
        async fn save(&mut self, slot: Slot, blob: &[u8]) -> Result<(), ()> {
            let mut memory = self.memory.borrow_mut();
            let place = usize::from(slot == Slot::State);
            memory.step()?;
            if self.careless {
                memory.blobs[place] = blob[..blob.len() / 2].to_vec();
            }
            memory.step()?;
            memory.blobs[place] = blob.to_vec();
            Ok(())
        }
    }

    impl Rig for TwoSteps {
        type Store = Self;
        fn renew(&mut self) {
            self.memory = Rc::default();
        }
        fn open(&mut self) -> Self {
            let mut memory = self.memory.borrow_mut();
            (memory.off, memory.fuse) = (false, u64::MAX);
            drop(memory);
            self.clone()
        }
        fn cut_at(&mut self, step: u64) {
            self.memory.borrow_mut().fuse = step;
        }
        fn is_cut(&self) -> bool {
            self.memory.borrow().off
        }
    }

    #[test]
    fn a_store_that_writes_at_once_survives() {
        let script = Script { saves: 10, recovery: 4, ..Script::default() };
        let survived = block_on(store_survives_any_cut(&mut TwoSteps::new(false), script)).unwrap();
        assert!(survived.cuts > 20 && survived.cuts == survived.recovered, "{survived:?}");
    }

    #[test]
    fn a_store_that_writes_over_the_old_blob_is_found_out() {
        let check = block_on(store_survives_any_cut(&mut TwoSteps::new(true), Script::default()));
        assert_eq!(check, Err(Breach::OtherBlob));
    }
}
