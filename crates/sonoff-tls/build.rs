//! Takes the authority's certificate that the environment names into the firmware (S-95).

#[cfg(feature = "environment")]
#[path = "build/authority.rs"]
mod authority;

#[cfg(not(feature = "environment"))]
fn main() {
    println!("cargo::rerun-if-changed=build.rs");
}

#[cfg(feature = "environment")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    use std::{env, fs, path::Path};

    const VARIABLE: &str = "SONOFF_MQTT_CA";
    println!("cargo::rerun-if-env-changed={VARIABLE}");
    let named = env::var(VARIABLE).unwrap_or_default();
    let certificate = match named.as_str() {
        "" => Ok(Vec::new()),
        // A build script has no idea where somebody stood who called cargo.
        path if Path::new(path).is_relative() => {
            Err("the path must be a whole one, from the root on".to_owned())
        }
        path => {
            println!("cargo::rerun-if-changed={path}");
            fs::read(path).map_err(|error| error.to_string()).and_then(|file| authority::der(&file))
        }
    };
    match certificate {
        Ok(der) => fs::write(Path::new(&env::var("OUT_DIR")?).join("ca.der"), der)?,
        Err(why) => println!("cargo::error={VARIABLE}={named}: {why}"),
    }
    Ok(())
}
