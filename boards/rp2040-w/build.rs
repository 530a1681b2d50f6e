//! Lets the linker find the memory map, and finds the radio's firmware where no crate brings it.

use std::path::Path;
use std::{env, fs, io};

/// What the radio's driver needs, and the files that have it.
const FILES: [(&str, &str); 3] =
    [("FIRMWARE", "43439A0.bin"), ("COUNTRIES", "43439A0_clm.bin"), ("BOARD", "nvram_rp2040.bin")];

fn main() -> io::Result<()> {
    println!("cargo:rustc-link-search={}", env!("CARGO_MANIFEST_DIR"));
    println!("cargo:rerun-if-changed=memory.x");
    println!("cargo:rerun-if-env-changed=CYW43_FIRMWARE");
    let out = env::var_os("OUT_DIR").unwrap_or_default();
    let folder = env::var_os("CYW43_FIRMWARE");
    let statics =
        FILES.map(|(name, file)| static_of(name, folder.as_ref().map(|folder| Path::new(folder).join(file))));
    fs::write(Path::new(&out).join("firmware.rs"), statics.concat())
}

/// The bytes of that file, none without it.
fn static_of(name: &str, file: Option<std::path::PathBuf>) -> String {
    let bytes = file.map_or("b\"\"".to_owned(), |file| format!("include_bytes!({file:?})"));
    format!("static {name}: &cyw43::Aligned<cyw43::A4, [u8]> = &cyw43::Aligned(*{bytes});\n")
}
