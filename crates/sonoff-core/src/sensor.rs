//! The SENSOR object: the time, what the switches say, what the sensors measure.

use crate::device::Device;
use crate::json::Json;
use crate::power::bit;
use crate::publication::{Body, Leaf, Place, Publication};
use crate::reading::show_sensors;
use crate::report::Report;
use crate::retain::Retain;
use crate::telemetry;
use crate::topic::Prefix;
use crate::view::View;
use crate::wiring::Kind;

impl Device {
    /// SENSOR, if it says more than the time (U-29).
    pub(crate) fn report_sensors(&mut self) {
        if self.wiring.mask(Kind::Switch) != 0 || self.has_readings() {
            self.report(Report::Sensor, false);
        }
    }

    pub(crate) fn sensor_publication(&self) -> Publication {
        let retain = self.retains(Retain::Sensor);
        let (place, leaf) = (Place::Own(Prefix::Tele), Leaf::Word("SENSOR"));
        Publication { place, leaf, body: Body::Object(sensors), retain }
    }
}

/// The members of SENSOR (U-30).
pub(crate) fn sensors(view: &View<'_>, json: &mut Json<'_, '_>) {
    telemetry::time(view, json);
    let switches = view.device.wiring.mask(Kind::Switch);
    for number in (1..9).filter(|&number| switches & bit(number) != 0) {
        json.text(view.settings().switch_name(number), view.on_off(view.switch_shown(number)));
    }
    show_sensors(view, json);
}
