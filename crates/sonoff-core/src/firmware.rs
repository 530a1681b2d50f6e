//! What the device is made of: version, chip, memory.

use crate::json::Json;
use crate::profile::Platform;
use crate::telemetry::write_version;
use crate::view::View;

/// StatusFWR (U-11).
pub(crate) fn status(view: &View<'_>, json: &mut Json<'_, '_>) {
    let Platform { built, core, sdk, cpu_mhz, hardware, .. } = view.device.profile.platform;
    json.text_with("Version", |sink| write_version(view, sink));
    json.text("BuildDateTime", built);
    json.text("Core", core);
    json.text("SDK", sdk);
    json.number("CpuFrequency", *cpu_mhz);
    json.text("Hardware", hardware);
}

/// StatusMEM (U-13); of a memory that nobody told the size of, nothing is said.
pub(crate) fn memory(view: &View<'_>, json: &mut Json<'_, '_>) {
    let Platform { program_kb, program_room_kb, flash_kb, .. } = *view.device.profile.platform;
    json.number_unless_0("ProgramSize", program_kb);
    json.number_unless_0("Free", program_room_kb.saturating_sub(program_kb));
    json.number("Heap", view.facts.free_memory);
    json.number_unless_0("ProgramFlashSize", program_room_kb);
    json.number_unless_0("FlashSize", flash_kb);
}
