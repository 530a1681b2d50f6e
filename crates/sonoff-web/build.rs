//! Compresses the pages, so that they take a third of their room in flash.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::{env, error};

use flate2::{Compression, GzBuilder};

/// The files that the device serves.
const FILES: [&str; 3] = ["index.html", "style.css", "app.js"];

fn main() -> Result<(), Box<dyn error::Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-changed=pages");
    for name in FILES {
        let source = fs::read(PathBuf::from("pages").join(name))?;
        let file = File::create(out.join(format!("{name}.gz")))?;
        // Without a time and a name in it: the same source makes the same bytes.
        let mut gz = GzBuilder::new().mtime(0).write(file, Compression::best());
        gz.write_all(&source)?;
        gz.finish()?;
    }
    Ok(())
}
