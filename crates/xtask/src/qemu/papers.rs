//! Authorities and certificates, made anew for each run by `openssl`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Failure;

/// An authority: its certificate and its key.
pub struct Authority(Papers);

/// A certificate and its key, as PEM files.
#[derive(Clone)]
pub struct Papers {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// Whether what makes them is installed.
pub fn is_installed() -> bool {
    let mut command = Command::new("openssl");
    command.arg("version");
    crate::run::works(command)
}

impl Authority {
    /// A new one of this name.
    ///
    /// # Errors
    /// [`Failure::Step`] when `openssl` fails.
    pub fn new(folder: &Path, name: &str) -> Result<Self, Failure> {
        made(folder, name, "CA:TRUE", "keyUsage=keyCertSign", &[]).map(Self)
    }

    /// Where its certificate is.
    pub fn certificate(&self) -> &Path {
        &self.0.certificate
    }

    /// Papers of a broker at an address, signed by it.
    ///
    /// # Errors
    /// [`Failure::Step`] when `openssl` fails.
    pub fn signs(&self, folder: &Path, name: &str, address: &str) -> Result<Papers, Failure> {
        let Papers { certificate, key } = &self.0;
        let by: [&Path; 4] = [Path::new("-CA"), certificate, Path::new("-CAkey"), key];
        made(folder, name, "CA:FALSE", &format!("subjectAltName=IP:{address}"), &by)
    }
}

fn made(
    folder: &Path,
    name: &str,
    is_ca: &str,
    extension: &str,
    signed_by: &[&Path],
) -> Result<Papers, Failure> {
    let [certificate, key] = ["pem", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
    let mut command = Command::new("openssl");
    command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
    command.args(["-days", "3650", "-subj", &format!("/CN={name}"), "-addext", extension]);
    command.arg("-addext").arg(format!("basicConstraints=critical,{is_ca}")).args(signed_by);
    command.arg("-out").arg(&certificate).arg("-keyout").arg(&key).stderr(Stdio::null());
    crate::run::run(command).map(|()| Papers { certificate, key })
}
