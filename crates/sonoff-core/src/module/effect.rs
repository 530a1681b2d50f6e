//! What follows a change of pins: commands that run once, and topics that are no more.

use super::template::{ROOM, write_commands};
use crate::device::Device;
use crate::life::Life;
use crate::publication::{Body, Leaf, Place, Publication};
use crate::report::{Part, Report};
use crate::retain::Retain;
use crate::settings::Number;
use crate::text::Sink;
use crate::topic::Prefix;

impl Device {
    /// A number that waits to be used once.
    fn take(&mut self, number: Number) -> u8 {
        let value = self.settings.byte(number);
        if value > 0 {
            let _ = self.settings.set_number(number, 0);
            self.settings_changed();
        }
        value
    }

    /// The commands of a template run once, when it has come into force (M-24).
    pub(crate) fn run_template_commands(&mut self) {
        if self.take(Number::COMMANDS_DUE) == 0 {
            return;
        }
        let mut buf = [0; ROOM];
        let mut list = Sink::new(&mut buf);
        write_commands(self.pins().module.cmnd, &mut list);
        // They were counted when they were stored.
        let _ = self.backlog.start(self.now, list.into_str(), 1);
    }

    /// What the broker keeps of relays that there are no more goes when the first session begins (M-26); not while the
    /// restart that takes them away is still to come.
    pub(crate) fn clear_former_relays(&mut self) {
        if self.life != Life::Running {
            return;
        }
        let relays = self.take(Number::FORMER_RELAYS);
        if relays > 0 && self.retains(Retain::Power) {
            self.report(Report::ClearFormer { relays }, false);
        }
    }

    /// The topics that `relays` relays had, but those that still say something.
    pub(crate) fn former_relay_part(&self, relays: u8, cursor: u8) -> Part {
        let relay = cursor + 1;
        if relay > relays {
            return Part::End;
        }
        let (then, now) = (self.power_key_of(relays, relay), self.power_key_of(self.power.count(), relay));
        if then == now && relay <= self.power.count() {
            return Part::Skip;
        }
        let (place, leaf) = (Place::Own(Prefix::Stat), Leaf::Key(then));
        Part::Publish(Publication { place, leaf, body: Body::Empty, retain: true })
    }
}
